"""`hunmin data …`: one file a command."""
