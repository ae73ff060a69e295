export { opsDataSource, type OpsDbOptions } from './data-source.js';
export { queryRow, queryRows } from './sql.js';
export * from './entities/index.js';
export { failRuns, type FailRunsRequest, type RunFailure } from './queries/fail-runs.sql.js';
export { retryRuns, type RunRetry } from './queries/retry-runs.sql.js';
export { listenForWork, WORK_TOPICS, type ListenOptions, type WorkTopic } from './listen-for-work.js';
export { recordHeartbeat, type Heartbeat } from './queries/record-heartbeat.sql.js';
export * from './queries/record-audit.sql.js';
export * from './queries/claim-idempotency-key.sql.js';
export * from './queries/find-api-token.sql.js';
export { cancelAbsentRuns, type CancelAbsentRequest } from './queries/cancel-absent-runs.sql.js';
export { cancelWaitingRuns, type CancelWaitingRequest } from './queries/cancel-waiting-runs.sql.js';
export { claimRuns, type ClaimRequest } from './queries/claim-runs.sql.js';
export {
  claimUnreconciledAttempts,
  type UnreconciledAttempt,
} from './queries/claim-unreconciled-attempts.sql.js';
export { listCancellations, type JobToCancel } from './queries/list-cancellations.sql.js';
export { listProcessingLocations, type ProcessingLocation } from './queries/list-processing-locations.sql.js';
export { loadClaimedRuns, type ClaimedRun, type RunBinding } from './queries/load-claimed-runs.sql.js';
export { loadInputs, type InputCopy, type RunInput } from './queries/load-inputs.sql.js';
export { lockClaims } from './queries/lock-claims.sql.js';
export { findInstallation } from './queries/find-installation.sql.js';
export { openKill, type KillOrder } from './queries/open-kill.sql.js';
export { stopKilledRuns } from './queries/stop-killed-runs.sql.js';
export { claimKillLooks, type KillLookClaim } from './queries/claim-kill-looks.sql.js';
export { countKilledRuns } from './queries/count-killed-runs.sql.js';
export { findKilledJobs, type JobRun } from './queries/find-killed-jobs.sql.js';
export { recordKillLook, type AliveJob, type KillLookRecord } from './queries/record-kill-look.sql.js';
export { liftKill } from './queries/lift-kill.sql.js';
export { findKill, listKills, type KillRow, type KillSiteRow } from './queries/list-kills.sql.js';
export { recordIntent, type IntentRequest, type StagedAttempt } from './queries/record-intent.sql.js';
export { recordResubmission } from './queries/record-resubmission.sql.js';
export {
  recordSubmissions,
  type Submission,
  type SubmissionsRecord,
} from './queries/record-submissions.sql.js';
export { releaseLeases, type LeaseRelease } from './queries/release-leases.sql.js';
export { releaseRuns, type ReleaseRequest, type RunRelease } from './queries/release-runs.sql.js';
export { renewLeases, type LeaseRequest } from './queries/renew-leases.sql.js';
export { rescueExpiredLeases } from './queries/rescue-expired-leases.sql.js';
export { connectDaemon, type DaemonConnection, type DaemonConnectionOptions } from './connect-daemon.js';
export { evaluatePipeline, isToDo, type PipelineToEvaluate } from './gap/evaluate-pipeline.js';
export { type Firing } from './gap/fire-step.js';
export { MembersDrifted } from './gap/members-drifted.js';
export { selectionOf, type EvaluableSelection } from './gap/step-selection.js';
export { closeTriggerRequests, listOpenTriggerRequests } from './queries/gap/close-trigger-requests.sql.js';
export { findGapWork } from './queries/gap/find-gap-work.sql.js';
export { fireRuns, type FireRuns } from './queries/gap/fire-runs.sql.js';
export { forgetStuckEvaluations } from './queries/gap/forget-stuck-evaluations.sql.js';
export { requireRebuild } from './queries/gap/require-rebuild.sql.js';
export { forgetEvaluations } from './queries/gap/forget-evaluations.sql.js';
export { loadEvaluableSteps, type EvaluableStep } from './queries/gap/load-evaluable-steps.sql.js';
export { planFor } from './queries/gap/plan-for.sql.js';
export { planPipeline, type PipelinePlan, type PlanRequest, type Proposal } from './plan/plan-pipeline.js';
export { type PlannedStepRow } from './queries/plan/load-planned-steps.sql.js';
export { PLANNED_RUNS, type PlannedRun } from './queries/plan/planned-run.js';
export { type SampledSubGroup } from './queries/plan/sample-plan.sql.js';
export { explainGap, type GapEvidence } from './explain/explain-gap.js';
export { type AssociationDifference } from './queries/explain/list-association-differences.sql.js';
export { type BlockingSubGroup } from './queries/explain/list-blocking-sub-groups.sql.js';
export { INPUT_CHANGES, type InputDifference } from './queries/explain/list-input-differences.sql.js';
export { becomeEvaluator } from './queries/gap/lock-evaluation.sql.js';
export { rebuildMembers } from './queries/gap/rebuild-members.sql.js';
export { driftOf } from './gap/drift-of.js';
export { DRIFT_DAYS } from './queries/drift-count.js';
export { recordDrift } from './queries/gap/record-drift.sql.js';
export { recordReconciliation } from './queries/gap/record-reconciliation.sql.js';
export { listStepsToReconcile } from './queries/gap/list-steps-to-reconcile.sql.js';
export { refreshStates, type RefreshStates } from './queries/gap/refresh-states.sql.js';
export { stepMembers, subGroupKey, type StepSelection } from './queries/gap/step-members.js';
export { trimChanges } from './queries/gap/trim-changes.sql.js';
export { pendingMigrations } from './queries/pending-migrations.sql.js';
export { migrateOpsDb } from './migrate.js';
export {
  claimLocationsToObserve,
  type ClaimedLocations,
  type LocationToObserve,
  type ObservationClaim,
} from './queries/claim-locations-to-observe.sql.js';
export { listObservableRuns, type ObservableRun } from './queries/list-observable-runs.sql.js';
export { recordObservations, type RunObservation } from './queries/record-observations.sql.js';
export { noteWaitingReasons, type WaitingNote } from './queries/note-waiting-reasons.sql.js';
export {
  claimCollections,
  type ClaimCollectionsRequest,
  type ClaimedCollection,
} from './queries/claim-collections.sql.js';
export { extendCollections, type ExtendCollectionsRequest } from './queries/extend-collections.sql.js';
export { registerResults, type RegisterResultsRequest } from './queries/register-results.sql.js';
export type { AttemptFacts, RunResult } from './queries/run-result.js';
export { applyGrouping } from './queries/apply-grouping.sql.js';
export { fireCron } from './queries/fire-cron.sql.js';
export { listCronPipelines, type CronPipeline } from './queries/list-cron-pipelines.sql.js';
export { closeGrouping, type GroupingClose, type GroupingClosing } from './queries/close-grouping.sql.js';
export { findPool, listPools, type PoolRow } from './queries/list-pools.sql.js';
export { pausePool } from './queries/operate-pool.sql.js';
export { pauseStep, type Pause } from './queries/operate-step.sql.js';
export { makeResultTables, writePlan } from './definition/write-plan.js';
export { clearStagedRows } from './queries/result-tables/clear-staged-rows.sql.js';
export { loadDeclaredTables, type DeclaredTables } from './queries/result-tables/load-declared-tables.sql.js';
export { listRepeatedRows } from './queries/result-tables/list-repeated-rows.sql.js';
export { quarantineRows, type QuarantinedRow } from './queries/result-tables/quarantine-rows.sql.js';
export { unstageRows } from './queries/result-tables/unstage-rows.sql.js';
export {
  findResultTable,
  listResultTables,
  type ResultTableRow,
} from './queries/result-tables/find-result-table.sql.js';
export {
  describingColumns,
  measureResultRows,
  readResultRows,
  type ResultCells,
  type ResultExtent,
  type ResultRowsQuery,
} from './queries/result-tables/read-result-rows.sql.js';
export { insertOutcomes } from './queries/result-tables/insert-outcomes.sql.js';
export { settleRows } from './queries/result-tables/settle-rows.sql.js';
export { findQuality, type GivenVerdict, type RunQuality } from './queries/quality/find-quality.sql.js';
export { giveVerdict } from './queries/quality/give-verdict.sql.js';
export {
  claimPublications,
  loadClaimedPublications,
  type ClaimedPublication,
} from './queries/publication/claim-publications.sql.js';
export { extendPublications } from './queries/publication/extend-publications.sql.js';
export { finishPublications } from './queries/publication/finish-publications.sql.js';
export {
  findPublication,
  listPublications,
  type PublicationMove,
  type PublicationRow,
} from './queries/publication/list-publications.sql.js';
export { listWithdrawnCopies, type WithdrawnCopy } from './queries/publication/list-withdrawn-copies.sql.js';
export { recordDeletedCopies } from './queries/publication/record-deleted-copies.sql.js';
export { requestPublication } from './queries/publication/request-publication.sql.js';
export { withdrawPublication } from './queries/publication/withdraw-publication.sql.js';
export { hasDuePublications } from './queries/publication/has-due-publications.sql.js';
export { loadGates, type GatedPublication } from './queries/publication/load-gates.sql.js';
export { lockGates } from './queries/publication/lock-gates.sql.js';
export { moveGatedPublications, type GateMove } from './queries/publication/move-gated-publications.sql.js';
export { putOffPublications, type FailedCopy } from './queries/publication/put-off-publications.sql.js';
export { rescuePublications } from './queries/publication/rescue-publications.sql.js';
export { requestAudit, type AuditRequest } from './queries/audit/request-audit.sql.js';
export { scheduleAudits } from './queries/audit/schedule-audits.sql.js';
export { claimAudit, type ClaimedAudit } from './queries/audit/claim-audit.sql.js';
export { listCopiesToAudit, type CopyToAudit } from './queries/audit/list-copies-to-audit.sql.js';
export { recordCopyLooks, type CopyLook } from './queries/audit/record-copy-looks.sql.js';
export { findCopyPaths } from './queries/audit/find-copy-paths.sql.js';
export { findAttemptDirectories, type NamedAttempt } from './queries/audit/find-attempt-directories.sql.js';
export { recordFileLooks, type UnknownFile } from './queries/audit/record-file-looks.sql.js';
export { extendAudit, moveAudit, putOffAudit } from './queries/audit/move-audit.sql.js';
export { findAudit, listAudits, type AuditRow } from './queries/audit/list-audits.sql.js';
export { listFindings, type FindingRow } from './queries/audit/list-findings.sql.js';
export { requestRemakes, type RemakeRequest } from './queries/remake/request-remakes.sql.js';
export { listRemakeAccounts } from './queries/remake/list-remake-accounts.sql.js';
export { startRemakes } from './queries/remake/start-remakes.sql.js';
export { settleEndedRemakes } from './queries/remake/settle-ended-remakes.sql.js';
export { wakeWaitersForCopies } from './queries/remake/wake-waiters.sql.js';
export { recordLostCopies, type LostCopy } from './queries/remake/record-lost-copies.sql.js';
export {
  findRematerialisation,
  listRematerialisations,
  type RematerialisationRow,
} from './queries/remake/list-rematerialisations.sql.js';
export { acceptRemake, type AcceptedRemake } from './queries/remake/accept-remake.sql.js';
export { requestRebuild } from './queries/rebuild/request-rebuild.sql.js';
export { claimRebuild, extendRebuild, type ClaimedRebuild } from './queries/rebuild/claim-rebuild.sql.js';
export { recordRebuild } from './queries/rebuild/record-rebuild.sql.js';
export { findRebuild, type RebuildRow } from './queries/rebuild/find-rebuild.sql.js';
export { findKnownAttempts } from './queries/rebuild/find-known-attempts.sql.js';
export { resolveInputs, resolveManifest, type ResolvedStep } from './queries/rebuild/resolve-manifest.sql.js';
export { insertRebuiltRun, type RebuiltInput } from './queries/rebuild/insert-rebuilt-run.sql.js';
export {
  addRemadeCopies,
  recordFoundCopies,
  type FoundCopy,
} from './queries/rebuild/record-found-copies.sql.js';
export { stageRows, type RowToStage } from './queries/result-tables/stage-rows.sql.js';
export { loadStoredDefinitions } from './queries/load-stored-definitions.sql.js';
export { lockDefinitions } from './queries/lock-definitions.sql.js';
export { describeSchema } from './describe-schema.js';
export { recordAttemptFacts } from './queries/record-attempt-facts.sql.js';
export { isDatabaseError, isDataFault } from './data-fault.js';
export { itemSource } from './queries/item-source.sql.js';
export { type DimsQuery } from './queries/dims-match.js';
export { findGap, listGaps, type GapRow, type GapsQuery } from './queries/list-gaps.sql.js';
export { countGaps, type GapCount } from './queries/count-gaps.sql.js';
export { waiveSubGroup, type WaiverRequest } from './queries/waive-sub-group.sql.js';
export { findPipeline, listPipelines, lockPipeline, type PipelineRow } from './queries/list-pipelines.sql.js';
export { listPipelineSteps, type PipelineStepRow } from './queries/list-pipeline-steps.sql.js';
export { operatePipeline, type PipelineOperation } from './queries/operate-pipeline.sql.js';
export { insertTriggerRequest, type NewTriggerRequest } from './queries/insert-trigger-request.sql.js';
export { findTriggerRequest, type TriggerRequestRow } from './queries/find-trigger-request.sql.js';
export { forceSubGroups } from './queries/force-sub-groups.sql.js';
export { listRuns, type RunsQuery, type RunSummaryRow } from './queries/list-runs.sql.js';
export { countRuns, type RunCount, type RunsToCount } from './queries/count-runs.sql.js';
export { foldRunTallies } from './queries/fold-run-tallies.sql.js';
export { showRun, type RunRow } from './queries/show-run.sql.js';
export { requestCancellation, type CancellationRequest } from './queries/request-cancellation.sql.js';
export { requestRetry, type RetryRequest } from './queries/request-retry.sql.js';
export { findRunStatus } from './queries/find-run-status.sql.js';
export { findAttemptDirectory, type AttemptDirectory } from './queries/find-attempt-directory.sql.js';
export {
  findProduct,
  listProducts,
  type ProductRow,
  type ProductsQuery,
} from './queries/list-products.sql.js';
export { listCopies, type CopyRow } from './queries/list-copies.sql.js';
export {
  lineageInputs,
  lineageMakers,
  lineageProducts,
  lineageUsers,
  type LineageEdge,
} from './queries/lineage-edges.sql.js';
export { lineageItems, lineageRuns, type LineageItem, type LineageRun } from './queries/lineage-nodes.sql.js';
export { findSoftware, listSoftware, type SoftwareRow } from './queries/list-software.sql.js';
export { listSoftwareVersions, type SoftwareVersionRow } from './queries/list-software-versions.sql.js';
export { findGrouping, listGroupings, type GroupingRow } from './queries/list-groupings.sql.js';
export {
  previewGrouping,
  type GroupingPreview,
  type GroupingSelection,
} from './queries/preview-grouping.sql.js';
export * from './queries/list-executed-obs-units.sql.js';
export { databaseTime } from './queries/database-time.sql.js';
export * from './queries/resolve-raw-file-references.sql.js';
export * from './queries/find-known-raw-files.sql.js';
export * from './queries/ingest-raw-files.sql.js';
export * from './queries/add-copies.sql.js';
export * from './queries/list-raw-files.sql.js';
export * from './queries/insert-raw-data-package.sql.js';
export * from './queries/replace-package-content.sql.js';
export * from './queries/move-package.sql.js';
export * from './queries/list-raw-data-packages.sql.js';
export * from './queries/claim-locations-to-check.sql.js';
export * from './queries/record-location-health.sql.js';
export {
  findBreaker,
  listBreakers,
  BREAKER_STATES,
  type BreakerRow,
  type BreakerState,
} from './queries/list-breakers.sql.js';
export { hasBreakersToJudge } from './queries/has-breakers-to-judge.sql.js';
export { loadBreakerOutcomes, type ScopeOutcome } from './queries/load-breaker-outcomes.sql.js';
export { loadBreakerProbes, type ProbedBreaker } from './queries/load-breaker-probes.sql.js';
export { lockBreakers } from './queries/lock-breakers.sql.js';
export { noteHeldRuns, type HeldRunsRequest } from './queries/note-held-runs.sql.js';
export { openBreakers, type ScopeTrip } from './queries/open-breakers.sql.js';
export { pruneBreakerOutcomes } from './queries/prune-breaker-outcomes.sql.js';
export { resetBreaker } from './queries/reset-breaker.sql.js';
export { settleBreakerProbes, type ProbeSettlement } from './queries/settle-breaker-probes.sql.js';
export {
  takeBreakerOutcomes,
  type BreakerScope,
  type TakenOutcomes,
} from './queries/take-breaker-outcomes.sql.js';
export { claimImage } from './queries/claim-image.sql.js';
export { recordImageFile, type ImageFile } from './queries/record-image-file.sql.js';
export { recordImageProblem } from './queries/record-image-problem.sql.js';
export { renewImage } from './queries/renew-image.sql.js';
export { findImagePin, pinImage } from './queries/pin-image.sql.js';
export { listImageProblems, type ImageProblem } from './queries/list-image-problems.sql.js';
export { listWantedImages } from './queries/list-wanted-images.sql.js';
export { loadImages, type ImageAt, type ImageKey } from './queries/load-images.sql.js';
export { recordImageSeen } from './queries/record-image-seen.sql.js';
export { setStepDependencies } from './queries/set-step-dependencies.sql.js';
