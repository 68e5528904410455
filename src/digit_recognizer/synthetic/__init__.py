"""Pen strokes and glyphs -> grey pictures of lines of numbers, as phones and scanners see them."""
