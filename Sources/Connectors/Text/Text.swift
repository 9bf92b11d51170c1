import Pipelines
import Tabular

/// Plain text: one row per line.
package struct Text: FileFormat {
  package var path = ""

  package static let manifest = Manifest<Text>(
    id: "text", title: "Text", summary: "Reads lines of text with their numbers, and writes one column as lines.",
    category: .file,
    aliases: ["txt", "lines"], fileEndings: ["txt", "log"],
    settings: SettingsSchema(Text()) {
      Field(\.path, "path", "File, folder, pattern or http(s) address.").example("logs/*.log").also("file_path", "url")
    })

  package static var readsFromDisk: Bool { true }

  /// Lines end at LF; a CR before it is not part of the line.
  package func extract(_ read: FileRead) async throws -> Extract {
    Extract(.batches(LineSource(paths: read.files.paths)))
  }

  /// The lines of whole small files.
  static func split(_ files: SQL) -> SQL {
    """
    SELECT CASE WHEN right(line, 1) = chr(13) THEN left(line, -1) ELSE line END AS line, line_number \
    FROM (SELECT unnest(lines) AS line, generate_subscripts(lines, 1) AS line_number \
    FROM (SELECT string_split(regexp_replace(content, '\\n\\z', ''), chr(10)) AS lines FROM read_text(\(files)) WHERE content <> ''))
    """
  }

  package func layout(_ write: FileWrite) throws -> FileLayout {
    let columns = write.request.schema.columns
    guard let column = columns.first, columns.count == 1 else {
      throw Problem(
        "one-column-needed", "A text file takes one column; step \"\(write.request.step)\" has \(columns.count).",
        hint: "Select one column in a transform step, for example `concat_ws(' ', a, b) AS line`.",
        at: write.request.location)
    }
    let compression = write.compression
    return FileLayout(landing: Schema([Column(column.name, .text)])) { rows, path in
      Lines.copy("SELECT \(name: column.name) AS line FROM (\(rows))", to: path, compression: compression)
    } readBack: { path in
      compression == "none"
        ? "SELECT line AS \(name: column.name) FROM (\(Text.split("[\(text: path)]")))"
        : Lines.read(path, column: column.name, compression: compression)
    }
  }
}

/// Files of lines, written and read by the engine without any quoting.
enum Lines {
  static func copy(
    _ rows: SQL, to path: String, compression: String, around: (open: String, between: String, close: String)? = nil
  )
    -> SQL
  {
    let array: SQL =
      around.map { ", PREFIX \(text: $0.open), NEW_LINE \(text: $0.between), SUFFIX \(text: $0.close)" } ?? ""
    return """
      COPY (\(rows)) TO \(text: path) (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '', NULLSTR ''\(array), \
      COMPRESSION \(SQL(raw: compression)))
      """
  }

  static func read(_ path: String, column: String, compression: String) -> SQL {
    """
    SELECT line AS \(name: column) FROM read_csv(\(text: path), columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, \
    quote = '', escape = '', delim = '', nullstr = '\u{1}weir\u{1}', compression = \(text: compression))
    """
  }
}
