"""Settings of one run: read once at the edge, from options and the environment, and passed down."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.model import DEFAULT_MODEL
from retrieval.encoder import DEFAULT_ENCODER
from retrieval.home import Home


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command needs to know.

    :param secret: signs sessions; None where POLICYDESK_SECRET is not set.
    :param adapter: a folder, ``shipped``, ``none``, or None for what the shipped adapter's manifest says.
    :param reranker: a folder of ``policydesk tune``, as are ``reader``, ``verifier`` and ``confidence``; None for what ships.
        ``verifier`` may be ``none``: then what the reader read is not read once more.
    :param model_url: an OpenAI-compatible server's address; None runs the model here.
    :param public_url: the address people open; for links in mails and the way back from an identity provider.
    :param smtp_url: the mail server for hand-offs; None sends none. See :class:`assistant.mail.MailConfig`.
    """

    home: Home
    encoder: str = DEFAULT_ENCODER
    model: str = DEFAULT_MODEL
    model_url: str | None = None
    model_key: str | None = None
    adapter: str | None = None
    reranker: str | None = None
    reader: str | None = None
    verifier: str | None = None
    confidence: str | None = None
    secret: str | None = None
    public_url: str | None = None
    smtp_url: str | None = None
    mail_from: str | None = None
    mail_to: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = None
    oidc_scopes: str = "openid profile email"
    oidc_name_claim: str = "email"
    oidc_groups_claim: str = "groups"
    sso_roles: str | None = None


def read_settings(home: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from ``--home`` and the environment, options first.

    POLICYDESK_HOME, POLICYDESK_ENCODER, POLICYDESK_MODEL, POLICYDESK_MODEL_URL, POLICYDESK_MODEL_KEY, POLICYDESK_ADAPTER,
    POLICYDESK_RERANKER, POLICYDESK_READER, POLICYDESK_VERIFIER, POLICYDESK_CONFIDENCE, POLICYDESK_SECRET,
    POLICYDESK_PUBLIC_URL, POLICYDESK_SMTP_URL, POLICYDESK_MAIL_FROM, POLICYDESK_MAIL_TO, POLICYDESK_OIDC_ISSUER,
    POLICYDESK_OIDC_CLIENT_ID, POLICYDESK_OIDC_CLIENT_SECRET, POLICYDESK_OIDC_SCOPES, POLICYDESK_OIDC_NAME_CLAIM,
    POLICYDESK_OIDC_GROUPS_CLAIM, POLICYDESK_SSO_ROLES.
    """

    def text(name: str) -> str | None:
        return environment.get(f"POLICYDESK_{name}") or None

    return Settings(
        home=Home(home or Path(text("HOME") or ".policydesk")),
        encoder=text("ENCODER") or DEFAULT_ENCODER,
        model=text("MODEL") or DEFAULT_MODEL,
        model_url=text("MODEL_URL"),
        model_key=text("MODEL_KEY"),
        adapter=text("ADAPTER"),
        reranker=text("RERANKER"),
        reader=text("READER"),
        verifier=text("VERIFIER"),
        confidence=text("CONFIDENCE"),
        secret=text("SECRET"),
        public_url=text("PUBLIC_URL"),
        smtp_url=text("SMTP_URL"),
        mail_from=text("MAIL_FROM"),
        mail_to=text("MAIL_TO"),
        oidc_issuer=text("OIDC_ISSUER"),
        oidc_client_id=text("OIDC_CLIENT_ID"),
        oidc_client_secret=text("OIDC_CLIENT_SECRET"),
        oidc_scopes=text("OIDC_SCOPES") or "openid profile email",
        oidc_name_claim=text("OIDC_NAME_CLAIM") or "email",
        oidc_groups_claim=text("OIDC_GROUPS_CLAIM") or "groups",
        sso_roles=text("SSO_ROLES"),
    )


def quiet_libraries() -> None:
    """Keep libraries from calling out, from telemetry and from fighting over the cores. Call before they are imported;
    what the user has set stays."""
    for name, value in {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TQDM_DISABLE": "1",  # libraries draw theirs with tqdm, we draw ours with rich
        "DO_NOT_TRACK": "1",
        "UNSTRUCTURED_DISABLE_NOTICE": "1",
        "ANONYMIZED_TELEMETRY": "false",
        "TOKENIZERS_PARALLELISM": "false",
        # Threads that spin while they wait make every other process on the machine slow.
        "OMP_WAIT_POLICY": "PASSIVE",
    }.items():
        os.environ.setdefault(name, value)
