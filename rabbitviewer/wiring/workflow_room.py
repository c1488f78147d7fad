"""Builds the workflows' room; loaded when it is wanted."""

from __future__ import annotations

from daemon.protocol.values import WorkflowInfo
from rabbitviewer.models.workflow_trials import WorkflowTrial
from rabbitviewer.models.workflows import WorkflowsModel
from rabbitviewer.wiring.grading import Grading
from rabbitviewer.wiring.parts import Parts
from rabbitviewer.workflows.import_form import ImportForm
from rabbitviewer.workflows.trial_view import TrialView
from rabbitviewer.workflows.workflow_actions import WorkflowActions
from rabbitviewer.workflows.workflow_card import WorkflowCard
from rabbitviewer.workflows.workflow_files import WorkflowDialogs, WorkflowDrop
from rabbitviewer.workflows.workflow_page import WorkflowPage


def make_workflow_room(parts: Parts) -> WorkflowActions:
    """Return what opens the room."""
    window = parts.window
    workflows = WorkflowsModel(parts.client, window)
    trial = WorkflowTrial(parts.client, window)

    def host_of(workflow: WorkflowInfo) -> str:
        host = parts.hosts.plan(workflow.name).host
        if host is None:
            return ""
        return window.tr("the built-in host") if host.builtin else host.name

    page = WorkflowPage(workflows, host_of)
    card = WorkflowCard(page, ImportForm(TrialView(trial)), window)
    dialogs = WorkflowDialogs(window, lambda: parts.listing.folder)
    actions = WorkflowActions(card, workflows, trial, dialogs, lambda: parts.selection.current)
    WorkflowDrop(card, actions.take_file)
    grading = window.findChild(Grading)
    if grading is not None:
        grading.leave_out(lambda job: trial.is_ours(job.info))
    return actions
