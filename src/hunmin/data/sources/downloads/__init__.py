"""Files where they lie: folders, archives and archives in volumes."""
