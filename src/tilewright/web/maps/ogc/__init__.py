"""OGC API – Tiles Part 1 (20-057) and – Maps Part 1 (20-058): their documents, their queries."""
