"""GitHub's merge queue, which only GraphQL speaks of: what is in it, putting in with the head it must have, taking out."""

from __future__ import annotations

from golive.core.errors import Refused
from golive.core.landing import QueueEntry
from golive.githubapp.client import Api

MOST_ENTRIES = 100
"""Entries that are read; GitHub's most for one page."""

ENTRIES = """\
query ($owner: String!, $name: String!, $branch: String!, $first: Int!) {
  repository(owner: $owner, name: $name) {
    mergeQueue(branch: $branch) {
      entries(first: $first) {
        nodes { position state headCommit { oid } pullRequest { number headRefOid } }
      }
    }
  }
}"""
ENQUEUE = """\
mutation ($input: EnqueuePullRequestInput!) {
  enqueuePullRequest(input: $input) { mergeQueueEntry { id position state } }
}"""
DEQUEUE = """\
mutation ($input: DequeuePullRequestInput!) {
  dequeuePullRequest(input: $input) { mergeQueueEntry { id } }
}"""


class Queue:
    """The merge queues of one repository. full_name: `acme/shop`."""

    def __init__(self, api: Api, full_name: str) -> None:
        self._api = api
        self._owner, _, self._name = full_name.partition("/")

    def entries(self, base_ref: str) -> tuple[QueueEntry, ...]:
        """What is in the queue of a branch, in order; empty where it has none."""
        asked = {"owner": self._owner, "name": self._name, "branch": base_ref, "first": MOST_ENTRIES}
        told = self._api.graphql(ENTRIES, asked)
        queue = (told.get("repository") or {}).get("mergeQueue") or {}
        nodes = (queue.get("entries") or {}).get("nodes") or ()
        found = [
            QueueEntry(
                node["pullRequest"]["number"], node["pullRequest"]["headRefOid"], node["position"],
                (node.get("headCommit") or {}).get("oid") or "",
            )
            for node in nodes
            if node and node.get("pullRequest")
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda entry: entry.position))

    def put_in(self, node_id: str, head_sha: str) -> None:
        """Put a pull request in, if its head is this one. Raises Refused in GitHub's words."""
        told = self._api.graphql(ENQUEUE, {"input": {"pullRequestId": node_id, "expectedHeadOid": head_sha}})
        if not (told.get("enqueuePullRequest") or {}).get("mergeQueueEntry"):
            raise Refused("GitHub did not say that it is in the merge queue.")

    def take_out(self, node_id: str) -> None:
        """Take a pull request out. Raises Refused in GitHub's words."""
        self._api.graphql(DEQUEUE, {"input": {"id": node_id}})
