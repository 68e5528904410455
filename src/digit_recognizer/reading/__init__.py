"""Many digits on one picture -> what they say."""
