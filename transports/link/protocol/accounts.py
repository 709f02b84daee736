"""Accounts: create one, log in to one. The session is named by the request's frame."""

from transports.link.protocol.characters import CharacterSummary
from transports.link.protocol.shapes import AccountId, Open, Timestamp


class AccountRecord(Open, frozen=True):
    """What the gateway may know of an account. `roles` grant commands ("builder", "operator")."""

    id: AccountId
    name: str
    created_at: Timestamp = 0.0
    last_login_at: Timestamp | None = None
    roles: tuple[str, ...] = ()


class Authenticate(Open, frozen=True, tag="authenticate"):
    """Request: log in. `peer` is the client's address, for limits on attempts. Reply: Authenticated."""

    name: str
    password: str
    peer: str = ""

    def __repr__(self) -> str:
        return _without_password(self, self.name, self.peer)


class Authenticated(Open, frozen=True, tag="authenticated"):
    """Reply: the account, and its characters as ListCharacters would give them."""

    account: AccountRecord
    characters: tuple[CharacterSummary, ...] = ()
    character_limit: int = 0


class CreateAccount(Open, frozen=True, tag="create_account"):
    """Request: make an account and log in to it. Reply: AccountCreated."""

    name: str
    password: str
    peer: str = ""

    def __repr__(self) -> str:
        return _without_password(self, self.name, self.peer)


class AccountCreated(Open, frozen=True, tag="account_created"):
    """Reply: the new account."""

    account: AccountRecord
    character_limit: int = 0


class ChangePassword(Open, frozen=True, tag="change_password"):
    """Request: replace the account's password. Nothing that was given out to reconnect with counts any more.

    Reply: PasswordChanged.
    """

    name: str
    password: str
    new_password: str
    peer: str = ""

    def __repr__(self) -> str:
        return _without_password(self, self.name, self.peer)


class PasswordChanged(Open, frozen=True, tag="password_changed"):
    """Reply: the new password counts."""


# A crash report shows the message being handled: its representation must not hold a secret.
def _without_password(request: Authenticate | CreateAccount | ChangePassword, name: str, peer: str) -> str:
    return f"{type(request).__name__}(name={name!r}, password='***', peer={peer!r})"
