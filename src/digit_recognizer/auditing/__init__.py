"""What is wrong with a data set: doubtful labels, duplicates, leaks, imbalance and drift."""

from digit_recognizer.errors import extra_named

with extra_named("audit", "Auditing"):
    from digit_recognizer.auditing.audit import Audit, audit, audit_dataset

__all__ = ["Audit", "audit", "audit_dataset"]
