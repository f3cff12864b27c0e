"""The App that the server's `/setup` made: kept in the database with its secrets sealed, and read back as settings.

Settings win: where anything of the App is set, what is kept is not looked at.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from golive.core.errors import Misconfigured
from golive.ports import Clock
from golive.settings import Settings
from golive.store.app import KeptApp, keep_app, kept_app
from golive.store.store import Store, Unavailable, engine_for
from golive.wiring import sealing
from golive.wiring.newapp import Registered
from golive.wiring.service import utc_now

_SECRETS = ("private_key", "webhook_secret", "client_secret")


def none_set(settings: Settings) -> bool:
    """Whether the settings say nothing of an App, so that one may be kept, or set up in the browser."""
    return (
        settings.github_app_id is None
        and settings.github_private_key is None
        and settings.github_private_key_file is None
        and settings.github_webhook_secret is None
    )


def filled(settings: Settings) -> Settings:
    """The settings with the App that is kept, where they name none and one is kept; else as they are.

    Raises Misconfigured where one is kept and its secrets do not open.
    """
    if not none_set(settings) or not _there(settings):
        return settings
    store = Store(engine_for(settings.database_url), utc_now)  # only looked at: an older one has no App to give
    try:
        kept = kept_app(store, _api(settings))
    except Unavailable:
        return settings
    finally:
        store.close()
    return _opened(settings, kept) if kept else settings


def _opened(settings: Settings, kept: KeptApp) -> Settings:
    try:
        held = json.loads(sealing.own(settings, make=False).open(kept.sealed))
    except Misconfigured as shut:
        raise Misconfigured(
            f"The App {kept.slug} was set up in the browser, and its key cannot be read. {shut} Or make a new key and "
            "webhook secret on the App's page and set them, with its id: settings win over what is kept."
        ) from None
    return settings.model_copy(
        update={
            "github_app_id": kept.app_id,
            "github_app_slug": kept.slug,
            "github_private_key": SecretStr(held["private_key"]),
            "github_webhook_secret": SecretStr(held["webhook_secret"]),
            "github_client_id": held["client_id"],
            "github_client_secret": SecretStr(held["client_secret"]),
        }
    )


def keep(settings: Settings, store: Store, app: Registered, clock: Clock) -> None:
    """Keep a new App, its secrets sealed. Raises Misconfigured where one is kept already, or there is no key to seal with."""
    secret = {name: getattr(app, name) for name in (*_SECRETS, "client_id")}
    sealed = sealing.own(settings, make=True).close(json.dumps(secret))
    if not keep_app(store, KeptApp(_api(settings), app.app_id, app.slug, sealed, clock())):
        raise Misconfigured("An App is set up already. Delete the new one on GitHub.")


def _api(settings: Settings) -> str:
    return settings.github_api_url.rstrip("/")


def _there(settings: Settings) -> bool:
    """Whether there is a database at all; asking must not make one."""
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return True
    return url.database is not None and Path(url.database).is_file()
