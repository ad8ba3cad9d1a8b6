"""Pictures that code makes for one request: charts, backgrounds, badges, legends."""
