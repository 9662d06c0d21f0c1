"""A real SMTP server in a thread, which may refuse mail or hang up, for tests of the outbox."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

OK = "250 OK"


@dataclass
class PostOffice:
    """What arrived, and how the server behaves. `log` tells "recipient" or "data" for each that was tried."""

    port: int = 0
    arrived: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    data_reply: str = OK
    hang_up_before_keeping: int = 0
    hang_up_after_keeping: int = 0
    connections: int = 0

    async def handle_EHLO(  # noqa: N802 - the name that aiosmtpd asks for
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply = self.replies.get(address, OK)
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.hang_up_before_keeping:
            self.hang_up_before_keeping -= 1
            return self._hang_up(server)
        if self.data_reply != OK:
            return self.data_reply
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.arrived.append(message)
        self.recipients.extend(envelope.rcpt_tos)
        if self.hang_up_after_keeping:
            self.hang_up_after_keeping -= 1
            return self._hang_up(server)
        return OK

    def _hang_up(self, server: SMTP) -> str:
        transport = server.transport
        assert transport is not None
        transport.close()
        return OK


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """Open a post office on a free port of this machine."""
    office, loop = PostOffice(), asyncio.new_event_loop()

    async def serve() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(office, loop=loop), "127.0.0.1", 0)

    server = loop.run_until_complete(serve())
    office.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield office
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
