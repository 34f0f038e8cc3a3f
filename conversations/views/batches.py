"""Batches: made, started, watched and read by their owner."""

from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import (
    aget_object_or_404,
    get_object_or_404,
    redirect,
    render,
)
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from conversations.attachments.errors import UploadRefused
from conversations.attachments.intake import refuse_size, take_in
from conversations.attachments.names import display_name
from conversations.batches import sheets, starting
from conversations.batches.errors import BatchRefused
from conversations.batches.estimates import cost_of, estimate
from conversations.batches.opening import open_item
from conversations.batches.planning import Plan, make_draft, plan_files, plan_rows
from conversations.batches.tables import read_table
from conversations.models import Batch, BatchItem, BatchSource, ItemState
from conversations.models.batch import BatchQuerySet
from conversations.protocol.events import ConversationChanged
from conversations.turns.hub import hub, person_topic
from conversations.turns.writer import writer
from conversations.upstream import is_simulated
from conversations.usage.recording import prices_of

from .batch_form import BatchForm, batch_cards

BATCHES_PER_PAGE = 50
ITEMS_PER_PAGE = 50
PREVIEWED = 3  # ours: enough to see whether the places are right


@require_safe
@login_required
def batches(request: HttpRequest) -> HttpResponse:
    """List the asker's batches, newest first."""
    rows = _own(request.user).filter(item_count__gt=0)
    unpriced = Q(items__state=ItemState.SUCCEEDED, items__cost_usd=None)
    rows = rows.annotate(
        cost_usd=Sum("items__cost_usd"), unpriced=Count("items", filter=unpriced)
    ).order_by("-id")
    page = Paginator(rows, BATCHES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "conversations/batches.html", {"page": page})


@require_safe
@login_required
def new_batch(request: HttpRequest) -> HttpResponse:
    """Show the form, empty or as an earlier batch (`?from=`) had it."""
    cards = batch_cards()
    offered = {card.model_id for card in cards}
    default = settings.DEFAULT_MODEL
    initial = {"model": default if default in offered else ""}
    initial |= _settings_of_earlier(request, offered)
    form = BatchForm(cards=cards, initial=initial)
    return _show_form(request, form)


@login_required
async def create_batch(request: HttpRequest) -> HttpResponse:
    """Make a draft of what was posted, or say what is wrong with it."""
    user = await request.auser()
    assert user.is_authenticated
    form = await sync_to_async(_posted_form)(request)
    if form.is_valid():
        try:
            return redirect(await _make_draft(user, form))
        except BatchRefused as refused:
            form.add_error(refused.field, refused.message)
        except UploadRefused as refused:
            form.add_error("file", refused.message)
    return await sync_to_async(_show_form)(request, form, status=422)


@require_safe
@login_required
def batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show a draft with what it will ask, or how far a batch is and what came of it."""
    found = get_object_or_404(_own(request.user), id=batch_id, item_count__gt=0)
    return render(request, "conversations/batch.html", _context(request, found))


@login_required
async def change_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Start or cancel a batch, as the posted `action` says."""
    found = await aget_object_or_404(_own(await request.auser()), id=batch_id)
    match request.POST.get("action"):
        case "start":
            await starting.start(found)
        case "cancel":
            await starting.cancel(found)
    return redirect(found)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
async def delete_batch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Ask on GET; on POST remove a batch that is not under way."""
    found = await aget_object_or_404(_own(await request.auser()), id=batch_id)
    if request.method == "POST" and await starting.delete(found):
        return redirect("conversations:batches")
    template = "conversations/batch_delete.html"
    return await sync_to_async(render)(request, template, {"batch": found})


@require_safe
@login_required
def batch_item(request: HttpRequest, batch_id: UUID, item_id: UUID) -> HttpResponse:
    """Show one request with all that was asked and answered."""
    item = get_object_or_404(_items_of(request.user, batch_id), id=item_id)
    return render(request, "conversations/batch_item.html", {"item": item})


@login_required
async def open_batch_item(
    request: HttpRequest, batch_id: UUID, item_id: UUID
) -> HttpResponse:
    """Go on with one answer as an ordinary conversation."""
    user = await request.auser()
    item = await aget_object_or_404(_items_of(user, batch_id), id=item_id)
    conversation = await writer.do(partial(open_item, item.id))
    if conversation is None:
        return redirect(item)
    changed = ConversationChanged(conversation=conversation.id, change="created")
    hub.publish(person_topic(user.pk), [changed])
    return redirect(conversation)


@require_safe
@login_required
async def batch_csv(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    """Answer with the table and what came of each row."""
    found = await aget_object_or_404(_own(await request.auser()), id=batch_id)
    return _download(found, sheets.as_csv(found), "text/csv", "csv")


@require_safe
@login_required
async def batch_jsonl(request: HttpRequest, batch_id: UUID) -> HttpResponseBase:
    """Answer with one JSON object for each request."""
    found = await aget_object_or_404(_own(await request.auser()), id=batch_id)
    return _download(found, sheets.as_jsonl(found), "application/x-ndjson", "jsonl")


def _own(user: AbstractBaseUser | AnonymousUser) -> BatchQuerySet:
    return Batch.objects.visible_to(user).of_people()


def _items_of(user: Any, batch_id: UUID) -> Any:
    visible = _own(user).filter(id=batch_id)
    return BatchItem.objects.filter(batch__in=visible).select_related(
        "batch", "conversation"
    )


def _posted_form(request: HttpRequest) -> BatchForm:
    form = BatchForm(request.POST, request.FILES, cards=batch_cards())
    form.is_valid()
    return form


def _show_form(
    request: HttpRequest, form: BatchForm, status: int = 200
) -> HttpResponse:
    context = {"form": form}
    return render(request, "conversations/batch_new.html", context, status=status)


def _settings_of_earlier(request: HttpRequest, offered: set[str]) -> dict[str, Any]:
    try:
        earlier_id = UUID(request.GET.get("from", ""))
    except ValueError:
        return {}
    earlier = _own(request.user).filter(id=earlier_id).first()
    if earlier is None:
        return {}
    names = ["source", "template", "effort", "thinking", "title"]
    found = {name: getattr(earlier, name) for name in names}
    return found | ({"model": earlier.model} if earlier.model in offered else {})


async def _make_draft(user: AbstractBaseUser, form: BatchForm) -> Batch:
    plan = await _plan(user, form)
    fields = form.cleaned_data
    draft = Batch(
        owner_id=user.pk,
        title=fields["title"] or display_name(form.uploads[0].name),
        template=form.prompt,
        model=form.card.model_id,
        effort=fields["effort"],
        thinking=fields["thinking"],
    )
    draft = await make_draft(draft, plan, form.card)
    draft.estimate = await estimate(draft, form.card)
    await writer.do(partial(draft.save, update_fields=["estimate"]))
    return draft


async def _plan(user: AbstractBaseUser, form: BatchForm) -> Plan:
    if form.cleaned_data["source"] == BatchSource.ROWS:
        [file] = form.uploads
        refuse_size(file.size or 0)
        content = await sync_to_async(file.read)()
        table = await sync_to_async(read_table)(content)
        return plan_rows(table, form.prompt)
    attachments = [await take_in(user, file) for file in form.uploads]
    return plan_files(attachments, form.prompt, form.card)


def _context(request: HttpRequest, found: Batch) -> dict[str, Any]:
    items = found.items.order_by("position").defer("content", "message")
    counts = _counts(found)
    outcome = request.GET.get("outcome", "")
    if outcome in ItemState.values:
        items = items.filter(state=outcome)
    else:
        outcome = ""
    sums = found.items.aggregate(
        cost=Sum("cost_usd"),
        unpriced=Count("id", filter=Q(state=ItemState.SUCCEEDED, cost_usd=None)),
    )
    context = {
        "batch": found,
        "counts": counts,
        "outcome": outcome,
        "cost_usd": sums["cost"],
        "unpriced": sums["unpriced"],
        "model_name": _name_of(found),
        "refresh_seconds": 3 if is_simulated() else 15,
    }
    if found.may_start:
        first = found.items.order_by("position")[:PREVIEWED]
        return context | {
            "previews": list(first),
            "cost": cost_of(found, prices_of(found.model)),
        }
    pages = Paginator(items, ITEMS_PER_PAGE)
    return context | {"page": pages.get_page(request.GET.get("page"))}


def _counts(found: Batch) -> list[tuple[ItemState, int]]:
    """Return how many items came to each outcome, in the order of the outcomes."""
    rows = found.items.order_by().values_list("state").annotate(count=Count("id"))
    by_state = dict(rows)
    return [(state, by_state[state]) for state in ItemState if by_state.get(state)]


def _name_of(found: Batch) -> str:
    names = {card.model_id: card.full_name for card in batch_cards()}
    return names.get(found.model, found.model)


def _download(
    found: Batch, chunks: Any, media_type: str, ending: str
) -> StreamingHttpResponse:
    name = content_disposition_header(True, f"{found.title}.{ending}")
    return StreamingHttpResponse(
        chunks,
        content_type=f"{media_type}; charset=utf-8",
        headers={"Content-Disposition": name, "Cache-Control": "private, no-store"},
    )
