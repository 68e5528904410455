"""Very many pictures -> a table: a shard in, a part out, on this machine or on many."""

from digit_recognizer.scoring.job import Progress, score
from digit_recognizer.scoring.work import Settings, score_shard

__all__ = ["Progress", "Settings", "score", "score_shard"]
