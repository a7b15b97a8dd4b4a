"""Story memory: which stories a channel knows, and who is telling one right now.

In: an item's signature and a channel.  Out: a `Judgement` by one atomic Redis call.  Invariants: a
claim has two phases (pending with a lease, then told), so a crash between claim and post loses
nothing; somebody else's pending claim is waited for, never folded; what the desk's feeds had before
it watched (`baseline`) is remembered and never claimed.

Keys, all below `ww:{desk}:` (one Cluster slot): `k:<kind>:<digest>` leads to a story,
`card:<channel>:<story>` is the message there (fields: `memory.lua`).
"""

from pathlib import Path

from redis.exceptions import RedisError

from alerts.client import connect
from alerts.connection import RedisConnection
from alerts.judgement import Judgement, State
from alerts.on_disk import OnDisk
from streams.item import Item
from streams.story import Signature
from streams.text import digest

LEASE_S = 12.0
"""Above a sink's time limit for one call (10 s), before each of which a claim is renewed."""

KEEP_S = 400 * 86_400
"""A story told comes back after months: the golden one after 157 days."""

KEEP_TITLE_S = 72 * 3_600
"""Equal headlines alone mean the same story for about three days."""


class MemoryUnreachable(ConnectionError):
    """Redis does not answer, or answers with an error."""


class Memory:
    """The story memory of one desk.  `token` names this process among others.

    A claim belongs to one holder of one process.  Only the same holder gets its own claim back at
    once; anybody else waits for the lease and takes it over, the same process with the same record
    included, for it cannot know how far the other had come.
    """

    def __init__(
        self, where: RedisConnection, desk: str, token: str, *, lease_s: float = LEASE_S
    ) -> None:
        self._redis = connect(where)
        self._prefix = f"ww:{{{desk}}}:"
        self._token = token
        self._lease_ms = int(lease_s * 1000)
        self._on_disk = OnDisk(self._redis, f"{self._prefix}on-disk")
        self._judge = self._redis.register_script(_script("memory.lua"))
        self._settle = self._redis.register_script(_script("settle.lua"))

    async def judge(
        self,
        item: Item,
        signature: Signature,
        channel: str,
        *,
        holder: int = 0,
        now_ms: int | None = None,
    ) -> Judgement:
        """Whether this version of `item` is news on `channel`; claims it for `holder` if so.

        Raises:
            MemoryUnreachable: Redis does not answer.
        """
        name, claimant = digest(item.id), f"{self._token}.{holder}"
        keys = [f"{self._prefix}k:{key.kind}:{key.digest}" for key in signature.keys]
        arguments = [
            self._prefix,
            channel,
            digest(item.id, signature.text),
            name,
            signature.text,
            claimant,
            self._lease_ms,
            "" if now_ms is None else now_ms,
            KEEP_S,
            KEEP_TITLE_S,
            int(item.baseline),
            *(key.kind for key in signature.keys),
        ]
        try:
            state, story, ts, wait_ms, again, since_ms = await self._judge(
                keys=keys, args=arguments
            )
        except RedisError as error:
            raise MemoryUnreachable(str(error)) from error
        return Judgement(
            state=State(state),
            story=story,
            channel=channel,
            item=name,
            text=signature.text,
            ts=ts,
            wait_s=wait_ms / 1000,
            again=bool(again),
            since_ms=since_ms,
            holder=claimant,
            identity=tuple(
                name for name, key in zip(keys, signature.keys, strict=True) if key.kind.identity
            ),
        )

    async def told(self, claim: Judgement, ts: str, version: str = "") -> bool:
        """The claimed message stands in the channel as `ts`; False if the claim was lost before.

        `version` is what it shows, if that is not the claimed one: the words of an earlier holder
        of the claim.  The claimed version is then to be judged again.

        Raises:
            MemoryUnreachable: Redis does not answer.
        """
        return await self._settled(claim, "sent", ts, version or claim.version)

    async def give_up(self, claim: Judgement) -> bool:
        """The claimed message will not be told by us; the next copy of the story may.

        Raises:
            MemoryUnreachable: Redis does not answer.
        """
        return await self._settled(claim, "free", "", claim.version)

    async def _settled(self, claim: Judgement, how: str, ts: str, shown: str) -> bool:
        card = f"{self._prefix}card:{claim.channel}:{claim.story}"
        try:
            answer = await self._settle(
                keys=[card, *claim.identity], args=[claim.version, claim.holder, how, ts, shown]
            )
        except RedisError as error:
            raise MemoryUnreachable(str(error)) from error
        return bool(answer == "ok")

    async def kept(self) -> bool:
        """True once everything answered before this call would outlive a crash of Redis."""
        return await self._on_disk.reached()

    async def close(self) -> None:
        """Ends the connections."""
        await self._redis.aclose()


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
