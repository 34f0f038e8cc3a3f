"""The site map of the conversations."""

from django.urls import URLPattern, path

from conversations.views import (
    attachments,
    batches,
    code_files,
    compactions,
    counting,
    deletions,
    fragments,
    inspector,
    json_mode,
    memory,
    pages,
    preferences,
    probes,
    sidebar,
    titles,
    tool_servers,
    tools,
    usage,
    web_tools,
)
from conversations.views.conversations import conversation_json, create_conversation
from conversations.views.dispatch import by_method
from conversations.views.messages import post_message

app_name = "conversations"

page_urls = [
    path("", pages.home, name="home"),
    path(
        "conversations/",
        by_method(GET=sidebar.conversations, POST=create_conversation),
        name="conversations",
    ),
    path("conversations/sidebar/", sidebar.sidebar, name="sidebar"),
    path("draft/count/", counting.count_draft, name="count_draft"),
    path("json-schema/", json_mode.check_schema, name="json_schema"),
    path("memory/", memory.memory, name="memory"),
    path("memory/<uuid:memory_id>/", memory.memory_file, name="memory_file"),
    path("tools/", tools.tools, name="tools"),
    path("settings/", preferences.preferences, name="preferences"),
    path("usage/", usage.usage, name="usage"),
    path("usage.csv", usage.usage_csv, name="usage_csv"),
]

# /conversations/<id>/…
conversation_urls = [
    path(
        "conversations/<uuid:conversation_id>/", pages.conversation, name="conversation"
    ),
    path(
        "conversations/<uuid:conversation_id>.json",
        conversation_json,
        name="conversation_json",
    ),
    path(
        "conversations/<uuid:conversation_id>/messages/",
        by_method(GET=fragments.messages, POST=post_message),
        name="messages",
    ),
    path(
        "conversations/<uuid:conversation_id>/messages/<uuid:message_id>/",
        fragments.message,
        name="message",
    ),
    path(
        "conversations/<uuid:conversation_id>/turns/<uuid:turn_id>/",
        fragments.turn,
        name="turn",
    ),
    path(
        "conversations/<uuid:conversation_id>/turns/<uuid:turn_id>/requests/",
        inspector.requests,
        name="requests",
    ),
    path(
        "conversations/<uuid:conversation_id>/turns/<uuid:turn_id>/requests/"
        "<int:number>/<str:name>",
        inspector.request_file,
        name="request_file",
    ),
    path(
        "conversations/<uuid:conversation_id>/compact/",
        compactions.compact,
        name="compact",
    ),
    path(
        "conversations/<uuid:conversation_id>/compact/itself/",
        compactions.compact_itself,
        name="compact_itself",
    ),
    path(
        "conversations/<uuid:conversation_id>/compactions/<uuid:compaction_id>/cancel/",
        compactions.cancel,
        name="cancel_compaction",
    ),
    path("conversations/<uuid:conversation_id>/rename/", titles.rename, name="rename"),
    path(
        "conversations/<uuid:conversation_id>/delete/", deletions.delete, name="delete"
    ),
]

# /messages/<id>/files/<call>/<number>/: what code has made
code_file_urls = [
    path(
        "messages/<uuid:message_id>/files/<str:call_id>/<int:number>/",
        code_files.code_file,
        name="code_file",
    ),
]

# /tools/…
tool_urls = [
    path("tools/web/", web_tools.web_tools, name="web_tools"),
    path("tools/servers/", tool_servers.tool_servers, name="tool_servers"),
    path(
        "tools/servers/callback/",
        tool_servers.tool_server_callback,
        name="tool_server_callback",
    ),
    path(
        "tools/servers/<uuid:server_id>/", tool_servers.tool_server, name="tool_server"
    ),
    path(
        "tools/servers/<uuid:server_id>/<str:action>/",
        tool_servers.act_on_tool_server,
        name="act_on_tool_server",
    ),
]

attachment_urls = [
    path("attachments/", attachments.attachments, name="attachments"),
    path(
        "attachments/<uuid:attachment_id>/", attachments.attachment, name="attachment"
    ),
    path(
        "attachments/<uuid:attachment_id>/original/",
        attachments.attachment_original,
        name="attachment_original",
    ),
    path(
        "attachments/<uuid:attachment_id>/thumbnail/",
        attachments.attachment_thumbnail,
        name="attachment_thumbnail",
    ),
]

# /batches/<id>/…
batch_urls = [
    path("batches/", batches.batches, name="batches"),
    path(
        "batches/new/",
        by_method(GET=batches.new_batch, POST=batches.create_batch),
        name="new_batch",
    ),
    path(
        "batches/<uuid:batch_id>/",
        by_method(GET=batches.batch, POST=batches.change_batch),
        name="batch",
    ),
    path("batches/<uuid:batch_id>/delete/", batches.delete_batch, name="delete_batch"),
    path("batches/<uuid:batch_id>/results.csv", batches.batch_csv, name="batch_csv"),
    path(
        "batches/<uuid:batch_id>/results.jsonl", batches.batch_jsonl, name="batch_jsonl"
    ),
    path(
        "batches/<uuid:batch_id>/items/<uuid:item_id>/",
        by_method(GET=batches.batch_item, POST=batches.open_batch_item),
        name="batch_item",
    ),
]

probe_urls = [
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
]

urlpatterns: list[URLPattern] = [
    *page_urls,
    *conversation_urls,
    *code_file_urls,
    *attachment_urls,
    *batch_urls,
    *tool_urls,
    *probe_urls,
]
