"""What is on a handset's screen: the bubbles of one app, and what has not arrived yet."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from simulator.handsets import Handset
from simulator.messages import Message, Messages, RcsMessage, SmsMessage
from simulator.pages.content import Content, Piece, content_of, whole
from simulator.pages.words import STATUS_WORDS
from simulator.replies import SentReply

_SHOWN = 60
_JST = timedelta(hours=9)


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message or an answer. at: epoch seconds; heading and day: shown above it, empty = as before."""

    key: str
    mine: bool
    tapped: bool
    content: Content
    at: float
    clock: str
    note: str
    heading: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """The bubbles of an app, oldest first. older: how many more there are; waiting: not on it yet."""

    app: str
    bubbles: tuple[Bubble, ...]
    older: int
    waiting: int
    undelivered: tuple[tuple[str, str], ...]
    unread: int
    counts: dict[str, int]


def build_screen(
    handset: Handset, messages: Messages, replies: list[SentReply], app: str | None, most: int = _SHOWN
) -> Screen:
    """The screen of the app asked for (sms or rcs), None = the app of the latest message.

    most: so many bubbles of it; a number may have thousands.
    """
    everything = messages.of(handset.number)
    here = [message for message in everything if message.delivered]
    if app not in ("sms", "rcs"):
        app = "rcs" if here and isinstance(here[-1], RcsMessage) else "sms"
    kind = RcsMessage if app == "rcs" else SmsMessage
    received = [message for message in here if isinstance(message, kind)]
    answers = [reply for reply in replies if reply.channel == app]
    bubbles = [_received(message) for message in received[-most:]]
    bubbles += [_answered(reply) for reply in answers[-most:]]
    bubbles.sort(key=lambda bubble: bubble.at)
    absent = [message for message in everything if not message.delivered and isinstance(message, kind)]
    return Screen(
        app,
        tuple(_with_headings(bubbles[-most:])),
        max(0, len(received) + len(answers) - most),
        sum(_waits(message) for message in absent),
        tuple((_clock(item.accepted_at), _status(item)) for item in absent if not _waits(item))[-5:],
        sum(isinstance(item, RcsMessage) and item.displayed_at is None for item in here),
        {name: sum(isinstance(item, wanted) for item in here) for name, wanted in _KINDS.items()},
    )


_KINDS: dict[str, type[Message]] = {"sms": SmsMessage, "rcs": RcsMessage}


def _waits(message: Message) -> bool:
    if isinstance(message, RcsMessage):
        return message.status in ("pending", "sent")
    return any(part.status == "accepted" for part in message.parts.values())


def _status(message: Message) -> str:
    status = message.status if isinstance(message, RcsMessage) else message.parts[min(message.parts)].status
    return STATUS_WORDS.get(status, status)


def _received(message: Message) -> Bubble:
    if isinstance(message, RcsMessage):
        at = message.delivered_at or message.displayed_at or message.accepted_at
        note = "既読" if message.displayed_at else "未読"
        heading = message.bot_id
    else:
        at, heading = message.accepted_at, message.sender
        arrived = sum(part.status == "delivered" for part in message.parts.values())
        note = "" if arrived == message.total else f"{message.total} 通中 {arrived} 通だけ届きました"
    return Bubble(message.key, False, False, content_of(message), at, _clock(at), note, whole(heading))


def _answered(reply: SentReply) -> Bubble:
    content = Content(pieces=(Piece(whole(reply.text)),))
    note = "ボタン" if reply.tapped else ""
    return Bubble("", True, reply.tapped, content, reply.at, _clock(reply.at), note, whole(reply.to))


def _with_headings(bubbles: list[Bubble]) -> list[Bubble]:
    shown: list[Bubble] = []
    heading = day = ""
    for bubble in bubbles:
        date = _day(bubble.at)
        changed = replace(
            bubble,
            heading="" if bubble.heading == heading else bubble.heading,
            day="" if date == day else date,
        )
        shown.append(changed)
        heading, day = bubble.heading, date
    return shown


def _local(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC) + _JST


def _clock(epoch: float) -> str:
    return f"{_local(epoch):%H:%M}"


def _day(epoch: float) -> str:
    moment = _local(epoch)
    return f"{moment.month}月{moment.day}日（{'月火水木金土日'[moment.weekday()]}）"
