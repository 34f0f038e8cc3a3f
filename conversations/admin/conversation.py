"""Conversations under review: found, and read with every branch."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from conversations.models import Conversation, Message, Turn, UsageRecord
from conversations.transcripts.pages import UnknownMessage

from . import columns
from .filters import DeletedFilter, LastStateFilter, ModelFilter
from .read_only import ReadOnlyAdmin
from .transcript import read_transcript
from .viewings import record_viewing


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """The list, and the transcript on the page of each one."""

    list_display = (
        "display_title",
        "owner",
        "message_count",
        "last_turn",
        "cost",
        "updated_at",
        "deleted_at",
    )
    list_select_related = ("owner",)
    list_filter = (
        "updated_at",
        "created_at",
        LastStateFilter,
        ModelFilter,
        DeletedFilter,
        ("owner", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = ("title", "owner__username", "messages__text")
    search_help_text = "Words of the title, of the owner's name or of one message."
    ordering = ("-updated_at",)
    fieldsets = [
        (
            None,
            {"fields": ["owner", "tag_list", "created_at", "updated_at", "deleted_at"]},
        ),
        (
            "Prefix of every request",
            {
                "fields": [
                    "system",
                    "tools",
                    "citations",
                    "json_schema",
                    "metadata_user_id",
                ],
                "classes": ["collapse"],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        usage = UsageRecord.objects.filter(turn__conversation=OuterRef("pk"))
        turns = Turn.objects.filter(conversation=OuterRef("pk")).order_by("-id")
        messages = Message.objects.filter(conversation=OuterRef("pk"))
        rows: QuerySet[Any] = super().get_queryset(request)
        annotated: QuerySet[Any] = rows.select_related("owner", "prefix").annotate(
            message_count=_sum_up(messages, "conversation", Count("pk")),
            cost_usd=_sum_up(usage, "turn__conversation", Sum("cost_usd")),
            has_unknown_cost=Exists(usage.filter(cost_usd=None)),
            last_state=Subquery(turns.values("state")[:1]),
        )
        return annotated

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        """Show the transcript below the facts, and note down who read it."""
        conversation = kwargs["obj"]
        leaf, before = _id(request, "leaf"), _id(request, "before")
        try:
            transcript = read_transcript(
                conversation, leaf, before, request.user.has_perm
            )
        except UnknownMessage:
            raise Http404("There is no such message.") from None
        read = f"Viewed the branch of message {leaf}." if leaf else "Viewed."
        record_viewing(request, conversation, conversation.owner, read)
        context |= {"transcript": transcript}
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="title", ordering="title")
    def display_title(self, row: Conversation) -> str:
        return row.display_title

    @admin.display(description="tags")
    def tag_list(self, row: Conversation) -> str:
        return ", ".join(row.tags) or columns.EMPTY

    @admin.display(description="messages", ordering="message_count")
    def message_count(self, row: Any) -> str:
        return columns.number(row.message_count or 0)

    @admin.display(description="last turn", ordering="last_state")
    def last_turn(self, row: Any) -> SafeString | str:
        return columns.state(row.last_state)

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, row: Any) -> str:
        return columns.cost(row.cost_usd, has_unknown=row.has_unknown_cost)

    @admin.display(description="system prompt")
    def system(self, row: Conversation) -> str:
        return row.prefix.system or columns.EMPTY

    @admin.display(description="tools")
    def tools(self, row: Conversation) -> SafeString | str:
        return columns.json_field(row.prefix.tools)

    @admin.display(description="citations", boolean=True)
    def citations(self, row: Conversation) -> bool:
        return row.prefix.citations

    @admin.display(description="JSON schema")
    def json_schema(self, row: Conversation) -> SafeString | str:
        return columns.json_field(row.prefix.json_schema)

    @admin.display(description="metadata.user_id")
    def metadata_user_id(self, row: Conversation) -> str:
        return row.prefix.metadata_user_id


def _sum_up(rows: QuerySet[Any], group: str, aggregate: Any) -> Subquery:
    """Return an aggregate over related rows that does not multiply with others."""
    grouped = rows.order_by().values(group).annotate(summed_up=aggregate)
    return Subquery(grouped.values("summed_up"))


def _id(request: HttpRequest, name: str) -> UUID | None:
    text = request.GET.get(name)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404("There is no such message.") from None
