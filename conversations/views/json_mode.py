"""A JSON schema looked at before it is used."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from conversations.prompts.json_mode import BadSchema, read_schema


@require_POST
@login_required
def check_schema(request: HttpRequest) -> JsonResponse:
    """Answer with why the API would refuse the posted `schema`; nothing is stored."""
    try:
        read_schema(request.POST.get("schema", ""))
    except BadSchema as bad:
        return JsonResponse({"problems": [str(problem) for problem in bad.problems]})
    return JsonResponse({"problems": []})
