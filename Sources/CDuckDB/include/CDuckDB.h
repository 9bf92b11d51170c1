// The DuckDB functions Weir calls, as one table that is filled at run time from libduckdb.so.
//
// Written for Weir from DuckDB's documented C API (version 1.5); only the functions used are declared, so nothing links
// against DuckDB and one clear error tells when the library is missing.
#ifndef CDUCKDB_H
#define CDUCKDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t idx_t;
typedef int duckdb_state;  // 0 = success, 1 = error

typedef struct _duckdb_database *duckdb_database;
typedef struct _duckdb_connection *duckdb_connection;
typedef struct _duckdb_config *duckdb_config;
typedef struct _duckdb_prepared_statement *duckdb_prepared_statement;
typedef struct _duckdb_data_chunk *duckdb_data_chunk;
typedef struct _duckdb_vector *duckdb_vector;
typedef struct _duckdb_logical_type *duckdb_logical_type;
typedef struct _duckdb_function_info *duckdb_function_info;
typedef struct _duckdb_bind_info *duckdb_bind_info;
typedef struct _duckdb_init_info *duckdb_init_info;
typedef struct _duckdb_table_function *duckdb_table_function;
typedef struct _duckdb_scalar_function *duckdb_scalar_function;
typedef struct _duckdb_client_context *duckdb_client_context;
typedef struct _duckdb_file_system *duckdb_file_system;
typedef struct _duckdb_file_open_options *duckdb_file_open_options;
typedef struct _duckdb_file_handle *duckdb_file_handle;
typedef struct _duckdb_error_data *duckdb_error_data;

typedef struct {
  idx_t deprecated_column_count;
  idx_t deprecated_row_count;
  idx_t deprecated_rows_changed;
  void *deprecated_columns;
  char *deprecated_error_message;
  void *internal_data;
} duckdb_result;

/// A string inside a vector: up to 12 bytes inline, longer ones behind a pointer.
typedef struct {
  union {
    struct { uint32_t length; char prefix[4]; char *ptr; } pointer;
    struct { uint32_t length; char inlined[12]; } inlined;
  } value;
} duckdb_string_t;

typedef struct { uint64_t offset; uint64_t length; } duckdb_list_entry;

typedef void (*duckdb_delete_callback_t)(void *data);
typedef void (*duckdb_table_function_bind_t)(duckdb_bind_info info);
typedef void (*duckdb_table_function_init_t)(duckdb_init_info info);
typedef void (*duckdb_table_function_t)(duckdb_function_info info, duckdb_data_chunk output);
typedef void (*duckdb_scalar_function_t)(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output);

#define DUCKDB_FUNCTIONS(X)                                                                                         \
  X(const char *, library_version, (void))                                                                          \
  X(duckdb_state, create_config, (duckdb_config *out))                                                              \
  X(duckdb_state, set_config, (duckdb_config config, const char *name, const char *option))                         \
  X(void, destroy_config, (duckdb_config *config))                                                                  \
  X(duckdb_state, open_ext, (const char *path, duckdb_database *out, duckdb_config config, char **error))           \
  X(void, close, (duckdb_database *database))                                                                       \
  X(duckdb_state, connect, (duckdb_database database, duckdb_connection *out))                                      \
  X(void, disconnect, (duckdb_connection *connection))                                                              \
  X(void, interrupt, (duckdb_connection connection))                                                                \
  X(duckdb_state, query, (duckdb_connection connection, const char *query, duckdb_result *out))                     \
  X(void, destroy_result, (duckdb_result *result))                                                                  \
  X(const char *, result_error, (duckdb_result *result))                                                            \
  X(int, result_error_type, (duckdb_result *result))                                                                \
  X(idx_t, column_count, (duckdb_result *result))                                                                   \
  X(const char *, column_name, (duckdb_result *result, idx_t column))                                               \
  X(duckdb_logical_type, column_logical_type, (duckdb_result *result, idx_t column))                                \
  X(idx_t, rows_changed, (duckdb_result *result))                                                                   \
  X(duckdb_data_chunk, fetch_chunk, (duckdb_result result))                                                         \
  X(duckdb_state, prepare, (duckdb_connection connection, const char *query, duckdb_prepared_statement *out))       \
  X(void, destroy_prepare, (duckdb_prepared_statement *statement))                                                  \
  X(idx_t, prepared_statement_column_count, (duckdb_prepared_statement statement))                                  \
  X(const char *, prepared_statement_column_name, (duckdb_prepared_statement statement, idx_t column))              \
  X(duckdb_logical_type, prepared_statement_column_logical_type,                                                    \
    (duckdb_prepared_statement statement, idx_t column))                                                            \
  X(const char *, prepare_error, (duckdb_prepared_statement statement))                                             \
  X(duckdb_state, execute_prepared_streaming, (duckdb_prepared_statement statement, duckdb_result *out))            \
  X(void, free, (void *pointer))                                                                                    \
  X(idx_t, vector_size, (void))                                                                                     \
  X(void, destroy_data_chunk, (duckdb_data_chunk *chunk))                                                           \
  X(idx_t, data_chunk_get_column_count, (duckdb_data_chunk chunk))                                                  \
  X(duckdb_vector, data_chunk_get_vector, (duckdb_data_chunk chunk, idx_t column))                                  \
  X(idx_t, data_chunk_get_size, (duckdb_data_chunk chunk))                                                          \
  X(void, data_chunk_set_size, (duckdb_data_chunk chunk, idx_t size))                                               \
  X(duckdb_logical_type, vector_get_column_type, (duckdb_vector vector))                                            \
  X(void *, vector_get_data, (duckdb_vector vector))                                                                \
  X(uint64_t *, vector_get_validity, (duckdb_vector vector))                                                        \
  X(void, vector_ensure_validity_writable, (duckdb_vector vector))                                                  \
  X(void, unsafe_vector_assign_string_element_len,                                                                  \
    (duckdb_vector vector, idx_t index, const char *string, idx_t length))                                          \
  X(duckdb_vector, list_vector_get_child, (duckdb_vector vector))                                                   \
  X(idx_t, list_vector_get_size, (duckdb_vector vector))                                                            \
  X(duckdb_state, list_vector_set_size, (duckdb_vector vector, idx_t size))                                         \
  X(duckdb_state, list_vector_reserve, (duckdb_vector vector, idx_t capacity))                                      \
  X(duckdb_vector, struct_vector_get_child, (duckdb_vector vector, idx_t index))                                    \
  X(duckdb_vector, array_vector_get_child, (duckdb_vector vector))                                                  \
  X(int, get_type_id, (duckdb_logical_type type))                                                                   \
  X(char *, logical_type_get_alias, (duckdb_logical_type type))                                                     \
  X(uint8_t, decimal_width, (duckdb_logical_type type))                                                             \
  X(uint8_t, decimal_scale, (duckdb_logical_type type))                                                             \
  X(uint32_t, enum_dictionary_size, (duckdb_logical_type type))                                                     \
  X(char *, enum_dictionary_value, (duckdb_logical_type type, idx_t index))                                         \
  X(duckdb_logical_type, list_type_child_type, (duckdb_logical_type type))                                          \
  X(duckdb_logical_type, array_type_child_type, (duckdb_logical_type type))                                         \
  X(idx_t, array_type_array_size, (duckdb_logical_type type))                                                       \
  X(duckdb_logical_type, map_type_key_type, (duckdb_logical_type type))                                             \
  X(duckdb_logical_type, map_type_value_type, (duckdb_logical_type type))                                           \
  X(idx_t, struct_type_child_count, (duckdb_logical_type type))                                                     \
  X(char *, struct_type_child_name, (duckdb_logical_type type, idx_t index))                                        \
  X(duckdb_logical_type, struct_type_child_type, (duckdb_logical_type type, idx_t index))                           \
  X(duckdb_logical_type, create_logical_type, (int type))                                                           \
  X(duckdb_logical_type, create_decimal_type, (uint8_t width, uint8_t scale))                                       \
  X(duckdb_logical_type, create_list_type, (duckdb_logical_type child))                                             \
  X(duckdb_logical_type, create_struct_type,                                                                        \
    (duckdb_logical_type *types, const char **names, idx_t count))                                                  \
  X(void, logical_type_set_alias, (duckdb_logical_type type, const char *alias))                                    \
  X(void, destroy_logical_type, (duckdb_logical_type *type))                                                        \
  X(duckdb_table_function, create_table_function, (void))                                                           \
  X(void, destroy_table_function, (duckdb_table_function *function))                                                \
  X(void, table_function_set_name, (duckdb_table_function function, const char *name))                              \
  X(void, table_function_set_extra_info, (duckdb_table_function f, void *info, duckdb_delete_callback_t destroy))   \
  X(void, table_function_set_bind, (duckdb_table_function function, duckdb_table_function_bind_t bind))             \
  X(void, table_function_set_init, (duckdb_table_function function, duckdb_table_function_init_t init))             \
  X(void, table_function_set_local_init, (duckdb_table_function function, duckdb_table_function_init_t init))       \
  X(void, table_function_set_function, (duckdb_table_function function, duckdb_table_function_t main))              \
  X(void, table_function_supports_projection_pushdown, (duckdb_table_function function, bool pushdown))             \
  X(duckdb_state, register_table_function, (duckdb_connection connection, duckdb_table_function function))          \
  X(void *, bind_get_extra_info, (duckdb_bind_info info))                                                           \
  X(void, bind_add_result_column, (duckdb_bind_info info, const char *name, duckdb_logical_type type))              \
  X(void, bind_set_cardinality, (duckdb_bind_info info, idx_t cardinality, bool exact))                             \
  X(void, bind_set_error, (duckdb_bind_info info, const char *error))                                               \
  X(void *, init_get_extra_info, (duckdb_init_info info))                                                           \
  X(void, init_set_init_data, (duckdb_init_info info, void *data, duckdb_delete_callback_t destroy))                \
  X(idx_t, init_get_column_count, (duckdb_init_info info))                                                          \
  X(idx_t, init_get_column_index, (duckdb_init_info info, idx_t column))                                            \
  X(void, init_set_max_threads, (duckdb_init_info info, idx_t threads))                                             \
  X(void, init_set_error, (duckdb_init_info info, const char *error))                                               \
  X(void *, function_get_extra_info, (duckdb_function_info info))                                                   \
  X(void *, function_get_init_data, (duckdb_function_info info))                                                    \
  X(void *, function_get_local_init_data, (duckdb_function_info info))                                              \
  X(void, function_set_error, (duckdb_function_info info, const char *error))                                       \
  X(duckdb_scalar_function, create_scalar_function, (void))                                                         \
  X(void, destroy_scalar_function, (duckdb_scalar_function *function))                                              \
  X(void, scalar_function_set_name, (duckdb_scalar_function function, const char *name))                            \
  X(void, scalar_function_set_varargs, (duckdb_scalar_function function, duckdb_logical_type type))                 \
  X(void, scalar_function_set_special_handling, (duckdb_scalar_function function))                                  \
  X(void, scalar_function_set_volatile, (duckdb_scalar_function function))                                          \
  X(void, scalar_function_add_parameter, (duckdb_scalar_function function, duckdb_logical_type type))               \
  X(void, scalar_function_set_return_type, (duckdb_scalar_function function, duckdb_logical_type type))             \
  X(void, scalar_function_set_extra_info, (duckdb_scalar_function f, void *info, duckdb_delete_callback_t destroy)) \
  X(void, scalar_function_set_function, (duckdb_scalar_function function, duckdb_scalar_function_t main))           \
  X(void *, scalar_function_get_extra_info, (duckdb_function_info info))                                            \
  X(void, scalar_function_set_error, (duckdb_function_info info, const char *error))                                \
  X(duckdb_state, register_scalar_function, (duckdb_connection connection, duckdb_scalar_function function))        \
  X(void, connection_get_client_context, (duckdb_connection connection, duckdb_client_context *out))                \
  X(void, destroy_client_context, (duckdb_client_context *context))                                                 \
  X(duckdb_file_system, client_context_get_file_system, (duckdb_client_context context))                            \
  X(void, destroy_file_system, (duckdb_file_system *system))                                                        \
  X(duckdb_error_data, file_system_error_data, (duckdb_file_system system))                                         \
  X(duckdb_file_open_options, create_file_open_options, (void))                                                     \
  X(duckdb_state, file_open_options_set_flag, (duckdb_file_open_options options, int flag, bool value))             \
  X(void, destroy_file_open_options, (duckdb_file_open_options *options))                                           \
  X(duckdb_state, file_system_open,                                                                                 \
    (duckdb_file_system s, const char *path, duckdb_file_open_options o, duckdb_file_handle *out))                  \
  X(int64_t, file_handle_read, (duckdb_file_handle file, void *buffer, int64_t size))                               \
  X(int64_t, file_handle_size, (duckdb_file_handle file))                                                           \
  X(duckdb_error_data, file_handle_error_data, (duckdb_file_handle file))                                           \
  X(void, destroy_file_handle, (duckdb_file_handle *file))                                                          \
  X(const char *, error_data_message, (duckdb_error_data error))                                                    \
  X(void, destroy_error_data, (duckdb_error_data *error))

#define DUCKDB_FIELD(result, name, parameters) result(*name) parameters;
typedef struct {
  DUCKDB_FUNCTIONS(DUCKDB_FIELD)
} cduckdb_functions;
#undef DUCKDB_FIELD

/// Opens the library and fills `functions`. Returns NULL on success, else a message to be freed with `free`.
char *cduckdb_load(const char *path, cduckdb_functions *functions);

/// Lets the process's allocator give freed blocks back to the system at once, so that the resident set follows what is used.
void cduckdb_give_back_early(void);

#endif
