"""What is wrong with a data set: doubtful labels, duplicates, leaks, imbalance and drift."""

from digit_recognizer.auditing.audit import Audit, audit, audit_dataset

__all__ = ["Audit", "audit", "audit_dataset"]
