"""Folders of any number of pages: read by a process a core, into shards, so that nothing is lost and nothing comes twice."""
