"""The line under Run: on what, for how long, at what cost; or why it cannot run."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject

from daemon.protocol.workflows import BudgetRequest
from rabbitviewer.edit.fit_verdict import MODEL
from rabbitviewer.edit.grade_form import GradeForm
from rabbitviewer.edit.subject_form import SubjectForm
from rabbitviewer.models.forms import FormsModel
from rabbitviewer.models.hosts import HostsModel, Plan
from rabbitviewer.models.jobs import JobsModel
from rabbitviewer.words import budget_words, over_budget_words, plan_words


class RunPlan(QObject):
    """Works the line out; asks for the cost of what is set."""

    def __init__(
        self,
        form: GradeForm,
        subject: SubjectForm,
        hosts: HostsModel,
        jobs: JobsModel,
        forms: FormsModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._subject = subject
        self._hosts = hosts
        self._jobs = jobs
        self._forms = forms

    def show(self, *, running: bool) -> Plan:
        """Show what Run would do now; *running*: a job of this photo is on its way."""
        subject = self._subject.subject
        settings = self._form.settings
        plan = self._hosts.plan(settings.workflow)
        self._ask_for_cost()
        known = plan.host is not None or plan.workflow is not None
        runs = subject.count * self._form.seeds.candidates
        waits = self._waiting_words()
        reason = subject.reason or self._reason(plan) or self._mask_reason(plan)
        self._form.show_plan(
            reason or waits or self._words(plan, runs),
            can_run=known and not reason and not waits,
            trouble=bool(reason) and not subject.is_waiting,
            running=running,
            photos=subject.count,
        )
        return plan

    def _words(self, plan: Plan, runs: int) -> str:
        """Say on what, and for how long; before that the cost, where there is one."""
        budget = self._forms.budget
        usual_s = self._jobs.usual_duration_s(
            plan.workflow.name if plan.workflow else "", plan.host.name if plan.host else ""
        )
        if usual_s is None and budget is not None:
            usual_s = budget.eta_s
        plan = dataclasses.replace(plan, reason="")
        words = plan_words(plan, runs, usual_s, self._subject.subject.through)
        cost = budget_words(budget) if budget is not None and plan.ai else ""
        return f"{words}. {cost}" if cost else words

    def _ask_for_cost(self) -> None:
        size = self._subject.photo_size
        settings = self._form.settings
        if size is None or not settings.workflow:
            self._forms.want_budget(None)
            return
        request = BudgetRequest(
            workflow=settings.workflow,
            width_px=size[0],
            height_px=size[1],
            parameters=settings.parameters,
        )
        self._forms.want_budget(request)

    def _waiting_words(self) -> str:
        """Say what has still to be chosen; empty: nothing."""
        missing = self._form.missing
        if not missing:
            return ""
        return self.tr("Choose a picture for “{title}” first.").format(title=missing)

    def _reason(self, plan: Plan) -> str:
        """Say why it cannot run; what another choice in the form mended no longer counts."""
        budget, reason = self._forms.budget, plan.reason
        if plan.workflow is not None and reason and reason in plan.workflow.problems:
            mended = self._form.mended()
            left = [
                said for said in plan.workflow.problems if not any(file in said for file in mended)
            ]
            reason = left[0] if left else ""
        if reason:
            return reason
        if budget is not None and budget.limit and budget.cost > budget.limit:
            return over_budget_words(budget)
        return ""

    def _mask_reason(self, plan: Plan) -> str:
        """Say why what is set would leave the mask out; empty: it would not."""
        takes_none = plan.workflow is not None and plan.workflow.mask == "none"
        if not self._subject.subject.through:
            return ""
        if self._form.settings.fit == MODEL:
            return self.tr(
                "The model's picture cannot be kept through a mask. Choose no mask, or another fit."
            )
        if not takes_none:
            return ""
        return self.tr("This workflow takes no mask. Choose no mask, or another workflow.")
