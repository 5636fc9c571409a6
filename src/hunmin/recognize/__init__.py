"""Reading: crops with a recognizer, pages with a detector and a recognizer, all on ONNX Runtime."""
