"""Servers of tools: everybody's to log in at, and a person's own where they may add one."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from conversations.claude import ClaudeError
from conversations.forms_tool_servers import ToolServerForm
from conversations.models import Authorization, McpLogin, McpServer
from conversations.tools.mcp import logging_in, servers
from conversations.tools.mcp.access import McpError

ADD = "conversations.add_mcpserver"
CHANGE = "conversations.change_mcpserver"


@login_required
def tool_servers(request: HttpRequest) -> HttpResponse:
    """List the servers; add one of the person's own."""
    form = None
    if request.user.has_perm(ADD):
        form = ToolServerForm(request.POST or None)
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            return redirect(_added(request, form))
    status = 422 if form is not None and form.is_bound else 200
    context = {"servers": list(_seen_by(request.user)), "form": form}
    return render(
        request, "conversations/tool_servers/list.html", context, status=status
    )


@require_safe
@login_required
def tool_server(request: HttpRequest, server_id: UUID) -> HttpResponse:
    """Show a server with its tools, and what the person may do about it."""
    server = _found(request.user, server_id)
    context = {
        "server": server,
        "offered": servers.offered(server),
        "waiting": servers.waits_for_agreement(server),
        "unusable": [item for item in servers.listed(server) if item.problem],
        "may_change": _may_change(request.user, server),
        "wants_login": server.authorization == Authorization.OAUTH,
        "is_logged_in": _is_logged_in(request.user, server),
    }
    return render(request, "conversations/tool_servers/server.html", context)


@require_POST
@login_required
async def act_on_tool_server(
    request: HttpRequest, server_id: UUID, action: str
) -> HttpResponse:
    """List the tools again, agree to them, log in or out, or remove the server."""
    user = await request.auser()
    assert user.is_authenticated
    server = await sync_to_async(_found)(user, server_id)
    if action not in ACTIONS:
        raise Http404
    needs_change, act = ACTIONS[action]
    if needs_change and not await sync_to_async(_may_change)(user, server):
        raise PermissionDenied
    return await act(request, user, server)


@require_safe
@login_required
async def tool_server_callback(request: HttpRequest) -> HttpResponse:
    """Take a person back from the page of a server where they have logged in."""
    user = await request.auser()
    answer = {
        name: request.GET[name]
        for name in ("code", "state", "iss", "error", "error_description")
        if name in request.GET
    }
    try:
        server = await logging_in.come_back(user.pk, answer)
    except McpError as error:
        messages.error(request, str(error))
        return redirect("conversations:tool_servers")
    return redirect(server)


def _seen_by(user: Any) -> Any:
    rows = McpServer.objects.filter(Q(owner=None) | Q(owner_id=user.pk))
    if not user.has_perm(CHANGE):
        rows = rows.filter(is_enabled=True)
    return rows.order_by("title", "id")


def _found(user: Any, server_id: UUID) -> McpServer:
    server: McpServer | None = _seen_by(user).filter(id=server_id).first()
    if server is None:
        raise Http404
    return server


def _may_change(user: Any, server: McpServer) -> bool:
    """Whether it is theirs, or they administrate those of everybody."""
    if server.owner_id is None:
        return bool(user.has_perm(CHANGE))
    return bool(server.owner_id == user.pk)


def _is_logged_in(user: Any, server: McpServer) -> bool:
    login = McpLogin.objects.filter(server=server, user_id=user.pk).first()
    return bool(login and login.tokens)


def _added(request: HttpRequest, form: ToolServerForm) -> McpServer:
    assert request.user.is_authenticated
    form.instance.owner = request.user
    server = form.save()
    if token := form.cleaned_data["token"]:
        McpLogin.objects.create(server=server, user=request.user, token=token)
    messages.info(request, "Added. Look at its tools before Claude may use them.")
    return server


async def _list_again(
    request: HttpRequest, user: AbstractBaseUser, server: McpServer
) -> HttpResponse:
    try:
        await servers.list_again(server, await servers.access_for(server, user.pk))
    except McpError as error:
        messages.error(request, str(error))
    else:
        if server.error:
            messages.error(request, server.error)
    return redirect(server)


async def _agree(
    request: HttpRequest, user: AbstractBaseUser, server: McpServer
) -> HttpResponse:
    # Only to what was shown: the list may have become another meanwhile.
    shown = set(request.POST.getlist("tool"))
    waiting = servers.waits_for_agreement(server)
    if {item.digest for item in waiting} != shown:
        messages.error(request, "The tools have changed meanwhile. Look at them again.")
        return redirect(server)
    await sync_to_async(servers.agree)(server)
    messages.info(request, "Claude may use these tools in new conversations.")
    return redirect(server)


async def _log_in(
    request: HttpRequest, user: AbstractBaseUser, server: McpServer
) -> HttpResponse:
    back = request.build_absolute_uri(reverse("conversations:tool_server_callback"))
    try:
        address = await logging_in.begin(server, user.pk, back)
    except (McpError, ClaudeError) as error:
        messages.error(request, str(error))
        return redirect(server)
    if address is None:
        return redirect(server)
    return HttpResponseRedirect(address)


async def _log_out(
    request: HttpRequest, user: AbstractBaseUser, server: McpServer
) -> HttpResponse:
    await McpLogin.objects.filter(server=server, user_id=user.pk).adelete()
    messages.info(request, "What proved that it is you is deleted here.")
    return redirect(server)


async def _remove(
    request: HttpRequest, user: AbstractBaseUser, server: McpServer
) -> HttpResponse:
    await server.adelete()
    messages.info(request, f"{server.title} is removed.")
    return redirect("conversations:tool_servers")


type _Act = Callable[
    [HttpRequest, AbstractBaseUser, McpServer], Awaitable[HttpResponse]
]
# By the name in the address: whether it changes the server, and what is done.
ACTIONS: dict[str, tuple[bool, _Act]] = {
    "list": (True, _list_again),
    "agree": (True, _agree),
    "remove": (True, _remove),
    "log-in": (False, _log_in),
    "log-out": (False, _log_out),
}
