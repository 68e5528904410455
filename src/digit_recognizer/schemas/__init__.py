"""The objects of JSON that programs get: the same over HTTP, from `--json` and in their description."""
