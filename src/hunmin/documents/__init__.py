"""Documents in and out: PDFs and files of several pages, read page by page; text, tables, markup and searchable PDFs."""
