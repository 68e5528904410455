"""Pictures that are made to try readers with, and what is counted on them."""
