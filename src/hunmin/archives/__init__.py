"""Archives, read where they lie: nothing is unpacked onto the disk."""
