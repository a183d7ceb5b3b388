"""Addresses of the annotation pages."""

from django.urls import path

from annotations.views import (
    adjudication,
    assignments,
    audit,
    bulk,
    claims,
    comparisons,
    dashboard,
    discussion,
    evaluation,
    evaluation_files,
    exports,
    fast_lane,
    gap_launch,
    gap_reports,
    guidelines,
    home,
    imports,
    invitations,
    models,
    names,
    preferences,
    projects,
    reports,
    review,
    review_history,
    review_wording,
    runs,
    training,
)

app_name = "annotations"

project_urls = [
    path("", home.home, name="home"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/view/", preferences.preferences_view, name="preferences_view"),
    path("projects/new/", projects.project_create, name="project_create"),
    path("projects/<int:project_id>/", projects.project, name="project"),
    path("projects/<int:project_id>/settings/", projects.project_settings, name="settings"),
    path("projects/<int:project_id>/sentences/", projects.pairs, name="pairs"),
    path("projects/<int:project_id>/people/", projects.members, name="members"),
    path("projects/<int:project_id>/people/add/", projects.member_add, name="member_add"),
    path("people/<int:member_id>/role/", projects.member_change, name="member_change"),
    path("people/<int:member_id>/remove/", projects.member_remove, name="member_remove"),
]

review_urls = [
    path("projects/<int:project_id>/review/", review.review_next, name="review_next"),
    path("projects/<int:project_id>/undo/", review_history.review_undo, name="undo"),
    path("projects/<int:project_id>/redo/", review_history.review_redo, name="redo"),
    path("sentences/<int:pair_id>/", review.pair, name="pair"),
    path("sentences/<int:pair_id>/ahead/", review.review_ahead, name="review_ahead"),
    path("sentences/<int:pair_id>/edit/", review.review_edit, name="review_edit"),
    path("sentences/<int:pair_id>/accept/", review.review_accept, name="review_accept"),
    path("sentences/<int:pair_id>/skip/", review.review_skip, name="review_skip"),
    path("sentences/<int:pair_id>/flag/", review.review_flag, name="review_flag"),
    path("sentences/<int:pair_id>/note/", review.review_note, name="review_note"),
    path("sentences/<int:pair_id>/words/", review_wording.review_wording, name="review_wording"),
    path("sentences/<int:pair_id>/correct/", review.review_correct, name="review_correct"),
    path("sentences/<int:pair_id>/history/", review_history.review_history, name="history"),
    path("sentences/<int:pair_id>/take-over/", claims.claim_take_over, name="claim_take_over"),
    path("sentences/<int:pair_id>/heartbeat/", claims.claim_heartbeat, name="claim_heartbeat"),
    path("sentences/<int:pair_id>/release/", claims.claim_release, name="claim_release"),
]

run_urls = [
    path("projects/<int:project_id>/runs/", runs.runs, name="runs"),
    path("projects/<int:project_id>/runs/new/", runs.run_launch, name="run_launch"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("runs/<int:run_id>/progress/", runs.run_progress, name="run_progress"),
    path("runs/<int:run_id>/cancel/", runs.run_cancel, name="run_cancel"),
    path("runs/<int:run_id>/resume/", runs.run_resume, name="run_resume"),
    path("runs/<int:run_id>/compare/", comparisons.comparison_ask, name="comparison_ask"),
    path("comparisons/<int:comparison_id>/", comparisons.comparison, name="comparison"),
    path("comparisons/<int:comparison_id>/again/", comparisons.comparison_again, name="comparison_again"),
    path("models/", models.models, name="models"),
    path("models/state/", models.models_state, name="models_state"),
    path("models/load/", models.models_load, name="models_load"),
]

file_urls = [
    path("projects/<int:project_id>/imports/", imports.imports, name="imports"),
    path("imports/<int:batch_id>/", imports.import_batch, name="import"),
    path("imports/<int:batch_id>/check/", imports.import_check, name="import_check"),
    path("imports/<int:batch_id>/commit/", imports.import_commit, name="import_commit"),
    path("imports/<int:batch_id>/discard/", imports.import_discard, name="import_discard"),
    path("imports/<int:batch_id>/ask-again/", imports.import_ask_again, name="import_ask_again"),
    path("imports/<int:batch_id>/rejected/", imports.import_rejected, name="import_rejected"),
    path("projects/<int:project_id>/exports/", exports.exports, name="exports"),
    path("projects/<int:project_id>/exports/count/", exports.export_count, name="export_count"),
    path("exports/<int:export_id>/", exports.export, name="export"),
    path("exports/<int:export_id>/ask-again/", exports.export_ask_again, name="export_ask_again"),
    path("exports/<int:export_id>/all.zip", exports.export_zip, name="export_zip"),
    path("exports/<int:export_id>/files/<str:name>", exports.export_file, name="export_file"),
]

people_urls = [
    path("projects/<int:project_id>/guidelines/", guidelines.guidelines, name="guidelines"),
    path("projects/<int:project_id>/guidelines/seen/", guidelines.guidelines_seen, name="guidelines_seen"),
    path("projects/<int:project_id>/flags/", discussion.flags, name="flags"),
    path("projects/<int:project_id>/comments/", discussion.project_comments, name="project_comments"),
    path("sentences/<int:pair_id>/comments/", discussion.comments, name="comments"),
    path("sentences/<int:pair_id>/verdict/", discussion.verdict, name="verdict"),
    path("projects/<int:project_id>/disagreements/", adjudication.disagreements, name="disagreements"),
    path("projects/<int:project_id>/adjudicate/", adjudication.adjudicate_next, name="adjudicate_next"),
    path("sentences/<int:pair_id>/adjudicate/", adjudication.adjudication, name="adjudication"),
    path("projects/<int:project_id>/figures/", dashboard.dashboard, name="dashboard"),
    path("projects/<int:project_id>/reports/<str:kind>/", reports.report_state, name="report_state"),
    path("projects/<int:project_id>/reports/<str:kind>/ask/", reports.report_ask, name="report_ask"),
    path("projects/<int:project_id>/names/", names.names, name="names"),
    path("projects/<int:project_id>/names/one/", names.name, name="name"),
    path("projects/<int:project_id>/rerun/", names.rerun, name="rerun"),
    path("rerun/<int:disagreement_id>/dismiss/", names.rerun_dismiss, name="rerun_dismiss"),
    path("projects/<int:project_id>/fast-lane/", fast_lane.fast_lanes, name="fast_lanes"),
    path("fast-lane/<int:lane_id>/", fast_lane.fast_lane, name="fast_lane"),
    path("fast-lane/<int:lane_id>/accept/", fast_lane.fast_lane_accept, name="fast_lane_accept"),
    path("projects/<int:project_id>/activity/", audit.audit, name="audit"),
    path("projects/<int:project_id>/activity/<str:form>/", audit.audit_file, name="audit_file"),
    path("steps/<int:bulk_id>/", bulk.bulk, name="bulk"),
    path("steps/<int:bulk_id>/stop/", bulk.bulk_stop, name="bulk_stop"),
    path("steps/<int:bulk_id>/undo/", bulk.bulk_undo, name="bulk_undo"),
    path("steps/<int:bulk_id>/redo/", bulk.bulk_redo, name="bulk_redo"),
    path("steps/<int:bulk_id>/ask-again/", bulk.bulk_ask_again, name="bulk_ask_again"),
    path("projects/<int:project_id>/invitations/", invitations.invitations, name="invitations"),
    path("invitations/<int:invitation_id>/revoke/", invitations.invitation_revoke, name="invitation_revoke"),
    path("projects/<int:project_id>/assignments/", assignments.assignments, name="assignments"),
    path("people/<int:member_id>/unassign/", assignments.unassign, name="unassign"),
    path("comments/<int:comment_id>/remove/", discussion.comment_remove, name="comment_remove"),
]

training_urls = [
    path("projects/<int:project_id>/trainings/", training.trainings, name="trainings"),
    path("projects/<int:project_id>/trainings/new/", training.training_launch, name="training_launch"),
    path("trainings/<int:training_id>/", training.training, name="training"),
    path("trainings/<int:training_id>/progress/", training.training_progress, name="training_progress"),
    path("trainings/<int:training_id>/cancel/", training.training_cancel, name="training_cancel"),
    path("trainings/<int:training_id>/resume/", training.training_resume, name="training_resume"),
    path(
        "projects/<int:project_id>/gap-reports/new/",
        gap_launch.gap_report_launch,
        name="gap_report_launch",
    ),
    path("gap-reports/<int:report_id>/progress/", gap_launch.gap_report_progress, name="gap_report_progress"),
    path("gap-reports/<int:report_id>/cancel/", gap_launch.gap_report_cancel, name="gap_report_cancel"),
    path("gap-reports/<int:report_id>/resume/", gap_launch.gap_report_resume, name="gap_report_resume"),
    path("gap-reports/<int:report_id>/", gap_reports.gap_report, name="gap_report"),
    path(
        "gap-reports/<int:report_id>/sentences/",
        gap_reports.gap_report_sentences,
        name="gap_report_sentences",
    ),
    path("gap-reports/<int:report_id>/files/<str:name>", gap_reports.gap_report_file, name="gap_report_file"),
]

evaluation_urls = [
    path(
        "projects/<int:project_id>/evaluations/new/", evaluation.evaluation_launch, name="evaluation_launch"
    ),
    path("evaluations/<int:evaluation_id>/", evaluation.evaluation, name="evaluation"),
    path(
        "evaluations/<int:evaluation_id>/progress/",
        evaluation.evaluation_progress,
        name="evaluation_progress",
    ),
    path("evaluations/<int:evaluation_id>/cancel/", evaluation.evaluation_cancel, name="evaluation_cancel"),
    path("evaluations/<int:evaluation_id>/resume/", evaluation.evaluation_resume, name="evaluation_resume"),
    path(
        "evaluations/<int:evaluation_id>/sentences/",
        evaluation_files.evaluation_sentences,
        name="evaluation_sentences",
    ),
    path(
        "evaluations/<int:evaluation_id>/files/<str:name>",
        evaluation_files.evaluation_file,
        name="evaluation_file",
    ),
]

urlpatterns = [
    *training_urls,
    *evaluation_urls,
    *project_urls,
    *review_urls,
    *run_urls,
    *file_urls,
    *people_urls,
]
