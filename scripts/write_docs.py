"""Write the measured figures into the documents, and the models' cards, from benchmarks/results and the shipped cards.

python scripts/write_docs.py            # write
python scripts/write_docs.py --check    # fail where a document says something else

A document marks what is written here: <!-- figures: NAME --> ... <!-- end -->.
"""

from __future__ import annotations

import argparse
import re
import sys

from accuracy_tables import BLOCKS as ACCURACY
from digit_recognizer.models.cards import read_cards
from medical_tables import BLOCKS as MEDICAL
from model_cards import card_page
from performance_tables import BLOCKS as PERFORMANCE
from reading_tables import BLOCKS as READING
from readme_tables import BLOCKS as README
from results import ROOT
from scaling_tables import BLOCKS as SCALING
from serving_tables import BLOCKS as SERVING
from small_images_tables import BLOCKS as SMALL_IMAGES
from trust_tables import BLOCKS as TRUST

BLOCK = re.compile(r"(<!-- figures: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
PAGES = ("accuracy", "accuracy-appendix", "medical", "performance", "reading", "scale")
DOCUMENTS = ("README.md", *(f"docs/{name}.md" for name in PAGES))
WRITERS = ACCURACY | MEDICAL | PERFORMANCE | READING | README | SCALING | SERVING | SMALL_IMAGES | TRUST


def written() -> dict[str, str]:
    """Every document as it should be: path -> text."""
    texts = {f"docs/models/{card.name}.md": card_page(card) for card in read_cards()}
    for name in DOCUMENTS:
        text = (ROOT / name).read_text("utf-8")
        texts[name] = BLOCK.sub(lambda found: f"{found[1]}{WRITERS[found['name']]()}\n{found[3]}", text)
    return texts


def written_differ() -> list[str]:
    """The documents that say something else than the figures."""
    return [n for n, text in written().items() if not (ROOT / n).exists() or (ROOT / n).read_text("utf-8") != text]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a document differs")
    check = parser.parse_args().check
    differing = written_differ()
    if not check:
        for name in differing:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(written()[name], "utf-8")
    print(("differ: " if check else "written: ") + (", ".join(differing) or "none"))
    sys.exit(bool(check and differing))


if __name__ == "__main__":
    main()
