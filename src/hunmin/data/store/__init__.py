"""The store: LMDB with a manifest, written whole, verified, merged, exported."""
