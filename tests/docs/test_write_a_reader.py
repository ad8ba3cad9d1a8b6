"""The reader of the how-to page passes the suite that the page names."""

from tests.docs.pages import DOCS, python_blocks, run

PAGE = DOCS / "how-to" / "write-a-reader.md"
TestPgm = run(PAGE)["TestPgm"]


def test_the_reader_is_about_thirty_lines():
    lines = [line for line in python_blocks(PAGE)[0].splitlines() if line.strip()]
    assert len(lines) - sum(line.startswith(("import", "from")) for line in lines) <= 30
