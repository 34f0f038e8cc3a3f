"""From a provider's row to what its client speaks to."""

from conversations.claude import NotReady, Provider
from conversations.claude.platforms import provider_of
from conversations.models import Provider as ProviderRow

from .secrets import BadSecret, read_secret


def open_provider(row: ProviderRow) -> Provider:
    """Return what a provider's row means. Raises NotReady, in words for its admin."""
    try:
        return provider_of(
            row.kind,  # type: ignore[arg-type]  # one of the choices
            secret=read_secret(row.secret_place, row.secret_name),
            base_url=row.base_url,
            version=row.version,
            betas=row.beta_names,
            settings={
                "region": row.region,
                "project": row.project,
                "workspace": row.workspace,
                "resource": row.resource,
            },
        )
    except BadSecret as error:
        raise NotReady(f"The secret of {row.name} cannot be used. {error}") from None
    except ValueError as error:
        raise NotReady(f"{row.name} is not set up completely: {error}.") from None
