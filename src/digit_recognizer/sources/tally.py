"""What was taken from a source and what was left out, by kind and count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts by kind: of the files that are taken ("picture"), and of those that are left out (".txt")."""

    taken: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)

    def line(self, source: str) -> str:
        """One sentence about a source: "set: 60 pictures taken, 5 left out (hidden: 3, .txt: 2)"."""
        taken = [f"{count:,} {kind}{'s' if count != 1 else ''}" for kind, count in self.taken.items() if count]
        left_out = [f"{kind}: {count:,}" for kind, count in self.left_out.most_common()]
        which = f" ({', '.join(left_out)})" if left_out else ""
        return f"{source}: {', '.join(taken) or 'nothing'} taken, {sum(self.left_out.values()):,} left out{which}"
