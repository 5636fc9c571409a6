"""`hunmin data`: making stores and looking at them."""

import typer

from hunmin.cli.data import audit, check, export, import_, merge, show, stats, verify

app = typer.Typer(help="Make data stores and look at them.", no_args_is_help=True, rich_markup_mode=None)
app.command("import")(import_.import_)
app.command("merge")(merge.merge)
app.command("verify")(verify.verify)
app.command("check")(check.check)
app.command("audit")(audit.audit)
app.command("stats")(stats.stats)
app.command("show")(show.show)
app.command("export")(export.export)
