"""ONNX files: the graph, its loop over characters, how weights are stored, 8 bits, and the session that runs it."""
