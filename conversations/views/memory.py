"""What Claude has noted down for a person: to be seen, changed and deleted by them."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from conversations.forms import MemoryForm
from conversations.models import MemoryFile
from conversations.tools.base import ToolError
from conversations.tools.memory_files import MAX_ALL_CHARACTERS, MemoryFiles


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def memory(request: HttpRequest) -> HttpResponse:
    """List the files; POST deletes all of them."""
    files = MemoryFile.objects.visible_to(request.user)
    if request.method == "POST":
        files.delete()
        messages.success(request, "Everything was deleted.")
        return redirect("conversations:memory")
    context = {"files": files, "limit": MAX_ALL_CHARACTERS}
    return render(request, "conversations/memory.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def memory_file(request: HttpRequest, memory_id: UUID) -> HttpResponse:
    """Show a file to be edited; POST stores it, or deletes it."""
    found = get_object_or_404(MemoryFile.objects.visible_to(request.user), id=memory_id)
    if "delete" in request.POST:
        found.delete()
        messages.success(request, f"{found.path} was deleted.")
        return redirect("conversations:memory")
    form = MemoryForm(request.POST or None, initial={"content": found.content})
    if request.method == "POST" and form.is_valid() and _stored(form, found):
        messages.success(request, f"{found.path} was saved.")
        return redirect("conversations:memory")
    context = {"form": form, "file": found}
    return render(request, "conversations/memory_file.html", context)


def _stored(form: MemoryForm, file: MemoryFile) -> bool:
    """Write what was typed; what hinders that is said in the form."""
    # A form sends line ends as CR LF; what is stored is what was meant.
    content = form.cleaned_data["content"].replace("\r\n", "\n")
    try:
        with transaction.atomic():
            MemoryFiles(file.owner_id).write(file, content)
    except ToolError as error:
        form.add_error("content", str(error).removeprefix("Error: "))
        return False
    return True
