export * from './shared/brand.js';
export * from './shared/domain-error.js';
export * from './shared/message-of.js';
export * from './shared/json.js';
export * from './sql/sql.js';
export * from './run/run-status.js';
export * from './run/failure-class.js';
export * from './run/job-token.js';
export * from './kill/kill-scope.js';
export * from './kill/kill-proof.js';
export * from './sub-group/sub-group-state.js';
export * from './sub-group/stale-reason.js';
export * from './execution/job.js';
export * from './settings/settings.js';
export * from './recipe/fingerprint.js';
export * from './recipe/hashing.js';
export * from './recipe/recipe.js';
export * from './definition/association-circles.js';
export * from './definition/changed-fields.js';
export * from './definition/check-references.js';
export * from './definition/definition-document.js';
export * from './definition/document-reader.js';
export * from './definition/effective-config.js';
export * from './definition/json-pointer.js';
export * from './definition/nearest-name.js';
export * from './definition/parse-definitions.js';
export * from './definition/parse-expectation.js';
export * from './definition/override-parameters.js';
export * from './definition/parse-software.js';
export * from './definition/read-stored.js';
export * from './definition/semantic-version.js';
export * from './definition/topological-order.js';
export * from './run/retry-policy.js';
export * from './run/classify-failure.js';
export * from './run/read-observation.js';
export * from './run/failure-reason.js';
export * from './run/circuit-breaker.js';
export * from './fits/binary-table.js';
export * from './fits/fits-card.js';
export * from './fits/fits-checksum.js';
export * from './fits/fits-header.js';
export * from './fits/header-metadata.js';
export * from './table/result-table.js';
export * from './table/known-items.js';
export * from './table/read-row.js';
export * from './table/item-outcomes.js';
export * from './table/item-retry.js';
export * from './table/result-relation.js';
export * from './quality/quality-rule.js';
export * from './quality/judge-quality.js';
export * from './quality/parse-quality.js';
export * from './publication/publication-rule.js';
export * from './publication/publication-state.js';
export * from './publication/parse-publication.js';
export * from './audit/audit-finding.js';
export * from './remake/remake-words.js';
export * from './retention/retention-rule.js';
export * from './retention/parse-retention.js';
export * from './retention/choose-purge.js';
export * from './retention/byte-size.js';
export * from './retention/parse-water-marks.js';
export * from './output/find-preview.js';
export * from './output/glob.js';
export * from './output/safe-path.js';
export * from './output/product-type.js';
export * from './output/step-outputs.js';
export * from './output/output-warning.js';
export * from './output/metrics-file.js';
export * from './output/warnings-file.js';
export * from './output/products-file.js';
export * from './output/classify-outputs.js';
export * from './output/promises.js';
export * from './output/read-outputs.js';
export * from './output/progress-file.js';
export * from './definition/known-names.js';
export * from './definition/plan-definitions.js';
export * from './definition/plan-step.js';
export * from './sub-group/explain-sub-group.js';
export * from './sub-group/compare-recipes.js';
export * from './sub-group/earliest-firing.js';
export * from './gap/evaluate-sub-group.js';
export * from './plan/estimate-work.js';
export * from './trigger/cron-schedule.js';
export * from './association/association.js';
export * from './association/association-filters.js';
export * from './association/association-hashes.js';
export * from './association/choose-association.js';
export * from './association/parse-associations.js';
export * from './association/prepare-association.js';
export * from './execution/attempt-paths.js';
export * from './execution/container-view.js';
export * from './execution/image-reference.js';
export * from './execution/input-mounts.js';
export * from './execution/manifest.js';
export * from './execution/parse-manifest.js';
export * from './command/build-command.js';
export * from './job-script/build-job-script.js';
export * from './output/result-record.js';
export * from './output/glob-regex.js';
export {
  FILTER_TABLES,
  FILTER_TABLE_NAMES,
  columnsOf,
  type Column,
  type ColumnType,
  type FilterTable,
} from './filter/column-catalogue.js';
export { compileFilter, type CompileContext } from './filter/compile-filter.js';
export {
  dependsOnTime,
  DIMENSION_NAME,
  FILTER_LIMITS,
  FILTER_OPERATORS,
  tablesOf,
  type Field,
  type Filter,
  type FilterOperator,
  type Rule,
} from './filter/filter.js';
export { canonicalInstant } from './filter/instant.js';
export type { ItemRow, TableRow } from './filter/item-row.js';
export { matchesFilter } from './filter/match-filter.js';
export { parseFilter } from './filter/parse-filter.js';
export { compileGroupBy } from './grouping/compile-group-by.js';
export type { GroupByTerm } from './grouping/group-by-term.js';
export { groupKeyOf } from './grouping/group-key.js';
export { parseGroupBy } from './grouping/parse-group-by.js';
export { assignShards, type Shard } from './grouping/assign-shards.js';
export { clusterIsland } from './grouping/form-clusters.js';
export { formGroups, type FormedRule } from './grouping/form-groups.js';
export {
  instantMicroseconds,
  instantText,
  toMicroseconds,
  type FormedGroup,
  type SplitMember,
} from './grouping/group-member.js';
export * from './grouping/grouping-rule.js';
export { parseGroupingRule } from './grouping/parse-grouping-rule.js';
export {
  exportProvenance,
  PROVENANCE_FORMATS,
  type ProvenanceExport,
  type ProvenanceFormat,
} from './provenance/export-provenance.js';
export type {
  ProvenanceDocument,
  ProvenanceGeneration,
  ProvenanceItem,
  ProvenanceRun,
  ProvenanceUse,
} from './provenance/provenance-document.js';
export { parseSubject, subjectText, type Subject, type SubjectKind } from './provenance/subject.js';
export { deriveDims, tablesOfDeriveRules } from './sky/derived-dims.js';
export type { DeriveRule } from './sky/derive-rule.js';
export { parseDeriveRules } from './sky/parse-derive-rules.js';
export { expandGroupingPreset, GROUPING_PRESETS } from './preset/expand-grouping-preset.js';
export type { BuiltGrouping, GroupingPreset, PresetParameter } from './preset/grouping-preset.js';
export * from './preview/pixels.js';
export * from './preview/png.js';
export * from './preview/shrink.js';
export * from './preview/stretch.js';
