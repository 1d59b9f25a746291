"""The command `petitions`: exit code 0 done, 1 refused (one sentence on stderr says why), 2 not understood."""

from __future__ import annotations

import click

from petitions.commands import (
    backup,
    campaigns,
    endorsements,
    exports,
    importing,
    mail,
    motions,
    organisations,
    organisers,
    pipeline,
    setup,
    site,
    statements,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Petitions and campaign statements: people sign, and are counted.

    Settings come from the environment or a file .env; “petitions check” lists them. Without DATABASE_URL each
    command uses the PostgreSQL that comes with this program.

    \b
    Example:
      petitions serve
    """


rooms = (
    campaigns.group,
    statements.group,
    endorsements.group,
    organisations.group,
    motions.group,
    organisers.group,
    exports.group,
    mail.group,
)
for command in (setup.setup, *rooms, *site.commands, *backup.commands):
    main.add_command(command)
for command in pipeline.commands:
    motions.group.add_command(command)
endorsements.group.add_command(importing.import_)
