"""What ``policydesk`` finds by name in this package: the group ``eval`` with all its commands, and ``bench``."""

from __future__ import annotations

from evals.commands import app
from evals.commands import bench as bench
from evals.damage_command import claims
from evals.operation_command import operation

app.command("claims", epilog="Example: policydesk eval claims corpora/sister --json claims.json")(claims)
app.command("operation", epilog="Example: policydesk eval operation handbook/ contracts/ --json operation.json")(
    operation
)
