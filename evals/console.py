"""What ``policydesk`` finds by name in this package: the group ``eval`` with all its commands, and ``bench``."""

from __future__ import annotations

from evals.access_command import access
from evals.answerability_command import answerability
from evals.commands import app
from evals.commands import bench as bench
from evals.damage_command import claims
from evals.decoding_command import decoding
from evals.drafts_command import generator
from evals.ingestrate_command import ingestrate
from evals.injections_command import injections
from evals.leftout_command import left_out
from evals.load_command import load
from evals.operation_command import operation
from evals.reranking_command import reranking
from evals.robustness_command import robustness
from evals.scans_command import scans
from evals.structure_command import structure
from evals.versions_command import versions

app.command("access", epilog="Example: policydesk eval access handbook/ --json access.json")(access)
app.command("answerability", epilog="Example: policydesk eval answerability corpora/sister --json answerability.json")(
    answerability
)
app.command("claims", epilog="Example: policydesk eval claims corpora/sister --json claims.json")(claims)
app.command("decoding", epilog="Example: policydesk eval decoding --limit 10 --json decoding.json")(decoding)
app.command("generator", epilog="Example: policydesk eval generator corpora/sister --split dev --json generator.json")(
    generator
)
app.command("injections", epilog="Example: policydesk eval injections --json injections.json")(injections)
app.command("left-out", epilog="Example: policydesk eval left-out policies/ contracts/ handbook/ --json left-out.json")(
    left_out
)
app.command("load", epilog="Example: policydesk eval load --people 32 --minutes 2 --json load.json")(load)
app.command("operation", epilog="Example: policydesk eval operation handbook/ contracts/ --json operation.json")(
    operation
)
app.command("reranking", epilog="Example: policydesk eval reranking --json reranking.json")(reranking)
app.command("structure", epilog="Example: policydesk eval structure --documents contracts/ --json structure.json")(
    structure
)
app.command("robustness", epilog="Example: policydesk eval robustness contracts/ --json robustness.json")(robustness)
app.command("scans", epilog="Example: policydesk eval scans contracts/*.pdf --json scans.json")(scans)
app.command("versions", epilog="Example: policydesk eval versions corpora/sample --json versions.json")(versions)
app.command("ingestrate", epilog="Example: policydesk eval ingestrate --json ingestrate.json")(ingestrate)
