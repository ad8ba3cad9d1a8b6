"""Check that the links between the project's Markdown pages lead somewhere."""  # noqa: INP001

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("*.md", "docs/**/*.md")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)")
SOURCE = re.compile(r"(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ +(.+?) *#*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to a page's headings."""
    found: dict[str, int] = {}
    names: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        name = words.replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def broken(page: Path) -> Iterator[str]:
    """Yield the links of a page that lead nowhere. Addresses of other hosts are not asked."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text) + SOURCE.findall(text):
        if ELSEWHERE.match(link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if (
            not target.exists()
            or not target.is_relative_to(ROOT)
            or (anchor and target.suffix == ".md" and anchor not in anchors(target))
        ):
            yield link


def main() -> int:
    """Return 1 when a link is broken."""
    pages = sorted({page for pattern in PAGES for page in ROOT.glob(pattern)})
    wrong = [f"{page.relative_to(ROOT)}: {link}" for page in pages for link in broken(page)]
    for line in wrong:
        sys.stderr.write(f"broken link in {line}\n")
    sys.stdout.write(f"Links of {len(pages)} pages checked, {len(wrong)} broken.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
