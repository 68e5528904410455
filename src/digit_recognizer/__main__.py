"""`python -m digit_recognizer` is the command `digits`."""

from digit_recognizer.cli import main

if __name__ == "__main__":
    main()
