"""DICOM files, bounded before they are unpacked: pixels as a reader's screen shows them, and names without patients."""
