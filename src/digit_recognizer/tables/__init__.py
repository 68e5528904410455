"""Tables as others have them: text in any common form, pixels in columns, IDX files, named arrays, cells of Parquet."""
