import Pipelines
import Tabular

/// What hangs on a table: it is named in plans, and keeps the table from being put aside for a new one.
extension PostgresTable {
  mutating func readDependents(_ connection: PostgresConnection) throws(Problem) {
    for row in try connection.rows(obstacleQuery) {
      let (kind, name) = (row[0] ?? "", row[1] ?? "")
      let what = "\(kind) \(name)"
      switch kind {
      case "view": dependents.append(what)
      case "foreign key", "cascading foreign key":
        dependents.append("foreign key \(name)")
        if kind != "foreign key" { cascades.append("foreign key \(name)") }
      case "trigger", "rule": triggers.append(what)
      default: break
      }
      obstacles.insert(kind)
      reasons.append(what)
    }
  }

  /// Yields a kind and a name for each.
  private var obstacleQuery: SQL {
    let table: SQL = "\(text: oid)::oid"
    let others: SQL = "refclassid = 'pg_class'::regclass AND refobjid = \(table)"
    return """
      SELECT DISTINCT 'view', r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
      WHERE d.classid = 'pg_rewrite'::regclass AND \(others) AND r.ev_class <> \(table) \
      UNION ALL SELECT CASE WHEN confdeltype IN ('c','n','d') AND conrelid <> confrelid THEN 'cascading ' ELSE '' END || 'foreign key', \
      conname || ' of ' || conrelid::regclass FROM pg_constraint WHERE contype = 'f' AND confrelid = \(table) \
      UNION ALL SELECT 'own foreign key', conname FROM pg_constraint WHERE contype = 'f' AND conrelid = \(table) \
      AND confrelid <> \(table) \
      UNION ALL SELECT 'exclusion', conname FROM pg_constraint WHERE contype = 'x' AND conrelid = \(table) \
      UNION ALL SELECT 'unchecked constraint', conname FROM pg_constraint WHERE conrelid = \(table) AND NOT convalidated \
      UNION ALL SELECT CASE WHEN tgenabled IN ('O','A') THEN '' ELSE 'disabled ' END || 'trigger', tgname FROM pg_trigger \
      WHERE NOT tgisinternal AND tgrelid IN (SELECT \(table) UNION SELECT relid FROM pg_partition_tree(\(table))) \
      UNION ALL SELECT 'rule', rulename FROM pg_rewrite WHERE ev_class = \(table) AND rulename <> '_RETURN' \
      UNION ALL SELECT 'policy', polname FROM pg_policy WHERE polrelid = \(table) \
      UNION ALL SELECT 'row security', 'of the table' FROM pg_class WHERE oid = \(table) AND relrowsecurity \
      UNION ALL SELECT 'publication', p.pubname FROM pg_publication p JOIN pg_publication_rel r ON r.prpubid = p.oid \
      WHERE r.prrelid = \(table) \
      UNION ALL SELECT 'inheritance', inhparent::regclass::text FROM pg_inherits WHERE \(table) IN (inhrelid, inhparent) \
      UNION ALL SELECT 'sequence', objid::regclass::text FROM pg_depend WHERE classid = 'pg_class'::regclass \
      AND \(others) AND refobjsubid > 0 AND deptype = 'a' \
      AND EXISTS (SELECT 1 FROM pg_class c WHERE c.oid = objid AND c.relkind = 'S') \
      UNION ALL SELECT 'user', pg_describe_object(classid, objid, objsubid) FROM pg_depend \
      WHERE \(others) AND classid IN ('pg_proc'::regclass, 'pg_policy'::regclass) \
      UNION ALL SELECT 'row type', pg_describe_object(classid, objid, objsubid) FROM pg_depend \
      WHERE refclassid = 'pg_type'::regclass AND deptype = 'n' \
      AND refobjid = (SELECT reltype FROM pg_class WHERE oid = \(table)) \
      UNION ALL SELECT 'statistics', stxname FROM pg_statistic_ext WHERE stxrelid = \(table) \
      UNION ALL SELECT 'security label', provider FROM pg_seclabel WHERE objoid = \(table) AND classoid = 'pg_class'::regclass \
      UNION ALL SELECT 'index setting', indexrelid::regclass::text FROM pg_index WHERE indrelid = \(table) \
      AND (indisclustered OR NOT indisvalid) \
      UNION ALL SELECT 'column setting', attname FROM pg_attribute WHERE attrelid = \(table) AND attnum > 0 \
      AND (attacl IS NOT NULL OR attoptions IS NOT NULL OR coalesce(attstattarget, -1) <> -1) AND NOT attisdropped \
      UNION ALL SELECT 'storage option', 'of the table' FROM pg_class WHERE oid = \(table) \
      AND (reloptions IS NOT NULL OR reltablespace <> 0 OR relreplident <> 'd' OR relpersistence <> 'p' \
      OR relkind <> 'r' OR reloftype <> 0) \
      UNION ALL SELECT 'owner', pg_get_userbyid(relowner) FROM pg_class WHERE oid = \(table) \
      AND NOT pg_has_role(relowner, 'USAGE')
      """
  }
}
