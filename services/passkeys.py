"""Passkeys (WebAuthn) as a second factor: a device signs our question with a key that never leaves it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from domain.audit import AuditAction
from services.audit import record_audit
from services.failed_sign_ins import count_failure, is_locked_out
from services.second_factors import factor_given, forget_useless_backup_codes, tell_owner
from services.user_sessions import SessionUser, set_challenge, take_challenge

MAX_PASSKEYS = 10
MAX_PASSKEY_NAME_CHARACTERS = 50

_LIST = text("""
    SELECT id, name, credential_id, created_at, last_used_at FROM passkeys
    WHERE company_id = :company_id AND user_id = :user_id ORDER BY created_at
""")

_ADD = text("""
    INSERT INTO passkeys (company_id, user_id, name, credential_id, public_key, sign_count)
    VALUES (:company_id, :user_id, :name, :credential_id, :public_key, :sign_count)
    ON CONFLICT (credential_id) DO NOTHING RETURNING id
""")

_FIND = text("""
    SELECT id, public_key, sign_count FROM passkeys
    WHERE company_id = :company_id AND user_id = :user_id AND credential_id = :credential_id
""")

_USED = text("""
    UPDATE passkeys SET sign_count = :sign_count, last_used_at = :now
    WHERE company_id = :company_id AND id = :id
""")

_REMOVE = text("""
    DELETE FROM passkeys WHERE company_id = :company_id AND user_id = :user_id AND id = :id RETURNING name
""")


class PasskeyNotFound(Exception):
    """No such passkey of this user."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks: the portal's host (``id``) and its whole origin, ``https://portal.example.jp``."""

    id: str
    origin: str
    name: str = "メッセージ配信ポータル"


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """One of a user's passkeys, for the list."""

    id: UUID
    name: str
    credential_id: bytes
    created_at: datetime
    last_used_at: datetime | None


async def own_passkeys(session: AsyncSession, user: SessionUser) -> Sequence[OwnPasskey]:
    """Return the user's passkeys, the oldest first."""
    rows = await session.execute(_LIST, _key(user))
    return [OwnPasskey(r.id, r.name, bytes(r.credential_id), r.created_at, r.last_used_at) for r in rows]


async def registration_options(session: AsyncSession, user: SessionUser, party: RelyingParty) -> str:
    """Return what the browser makes a new passkey from (JSON), and remember the question."""
    known = await own_passkeys(session, user)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user.user_id.bytes,
        user_name=user.login_id,
        user_display_name=user.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(key.credential_id) for key in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    await set_challenge(session, user, options.challenge)
    return options_to_json(options)


async def add_passkey(
    session: AsyncSession, user: SessionUser, party: RelyingParty, answer: str, name: str, now: datetime
) -> bool:
    """Keep a new passkey if the browser's answer (JSON) is right; the question is used up either way."""
    challenge = await take_challenge(session, user)
    if challenge is None or len(await own_passkeys(session, user)) >= MAX_PASSKEYS:
        return False
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    name = name[:MAX_PASSKEY_NAME_CHARACTERS]
    added = await session.execute(
        _ADD,
        {
            **_key(user),
            "name": name,
            "credential_id": made.credential_id,
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
        },
    )
    if added.scalar_one_or_none() is None:
        return False
    await tell_owner(session, user, "passkey_added", now)
    after = {"factor": "passkey", "name": name}
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_ADDED, after=after)
    return True


async def authentication_options(session: AsyncSession, user: SessionUser, party: RelyingParty) -> str:
    """Return what the browser asks the user's passkeys to sign (JSON), and remember the question."""
    known = await own_passkeys(session, user)
    options = generate_authentication_options(
        rp_id=party.id,
        allow_credentials=[PublicKeyCredentialDescriptor(key.credential_id) for key in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    await set_challenge(session, user, options.challenge)
    return options_to_json(options)


async def check_passkey(
    session: AsyncSession, user: SessionUser, party: RelyingParty, answer: str, now: datetime
) -> bool:
    """Whether one of the user's passkeys signed our question; a wrong answer is counted (C-4)."""
    challenge = await take_challenge(session, user)
    is_locked = await is_locked_out(session, user.account, now, user.caller.remote_address)
    if (
        challenge is not None
        and not is_locked
        and await _is_signed(session, user, party, answer, challenge, now)
    ):
        return await factor_given(session, user, "passkey", now)
    await count_failure(session, user.account, now, user.caller.remote_address, everywhere=True)
    return False


async def remove_passkey(session: AsyncSession, user: SessionUser, passkey_id: UUID, now: datetime) -> None:
    """Forget one of the user's passkeys; raises ``PasskeyNotFound``."""
    removed = await session.execute(_REMOVE, {**_key(user), "id": passkey_id})
    name = removed.scalar_one_or_none()
    if name is None:
        raise PasskeyNotFound
    await forget_useless_backup_codes(session, user)
    await tell_owner(session, user, "passkey_removed", now)
    before = {"factor": "passkey", "name": name}
    await record_audit(session, user.caller, AuditAction.SECOND_FACTOR_REMOVED, before=before)


async def _is_signed(
    session: AsyncSession,
    user: SessionUser,
    party: RelyingParty,
    answer: str,
    challenge: bytes,
    now: datetime,
) -> bool:
    try:
        credential_id = base64url_to_bytes(json.loads(answer)["id"])
        passkey = (await session.execute(_FIND, {**_key(user), "credential_id": credential_id})).one_or_none()
        if passkey is None:
            return False
        signed = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    values = {"company_id": user.company_id, "id": passkey.id, "now": now}
    await session.execute(_USED, {**values, "sign_count": signed.new_sign_count})
    return True


def _key(user: SessionUser) -> dict[str, object]:
    return {"company_id": user.company_id, "user_id": user.user_id}
