// The libpq functions Weir calls, as one table that is filled at run time from libpq.so.5.
//
// Written for Weir from PostgreSQL's documentation of libpq (chapter 34); only what is used is declared, so nothing links
// against libpq and one clear error tells when the library is missing.
#ifndef CLIBPQ_H
#define CLIBPQ_H

#include <stdint.h>

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef struct pg_cancel PGcancel;
typedef void (*PQnoticeReceiver)(void *arg, const PGresult *result);

enum { CLIBPQ_CONNECTION_OK = 0 };

/// What PQresultStatus answers.
enum {
  CLIBPQ_EMPTY_QUERY = 0,
  CLIBPQ_COMMAND_OK = 1,
  CLIBPQ_TUPLES_OK = 2,
  CLIBPQ_COPY_OUT = 3,
  CLIBPQ_COPY_IN = 4,
};

#define PQ_FUNCTIONS(F)                                                                                       \
  F(PGconn *, connectdbParams, (const char *const *keywords, const char *const *values, int expand_dbname))  \
  F(void, finish, (PGconn * connection))                                                                      \
  F(int, status, (const PGconn *connection))                                                                  \
  F(char *, errorMessage, (const PGconn *connection))                                                         \
  F(int, socket, (const PGconn *connection))                                                                  \
  F(int, serverVersion, (const PGconn *connection))                                                           \
  F(PQnoticeReceiver, setNoticeReceiver, (PGconn * connection, PQnoticeReceiver receiver, void *arg))         \
  F(PGresult *, exec, (PGconn * connection, const char *query))                                               \
  F(int, resultStatus, (const PGresult *result))                                                              \
  F(char *, resultErrorField, (const PGresult *result, int field))                                            \
  F(char *, resultErrorMessage, (const PGresult *result))                                                     \
  F(int, ntuples, (const PGresult *result))                                                                   \
  F(int, nfields, (const PGresult *result))                                                                   \
  F(char *, fname, (const PGresult *result, int field))                                                       \
  F(unsigned int, ftype, (const PGresult *result, int field))                                                 \
  F(int, fmod, (const PGresult *result, int field))                                                           \
  F(char *, getvalue, (const PGresult *result, int row, int field))                                           \
  F(int, getlength, (const PGresult *result, int row, int field))                                             \
  F(int, getisnull, (const PGresult *result, int row, int field))                                             \
  F(char *, cmdTuples, (PGresult * result))                                                                   \
  F(void, clear, (PGresult * result))                                                                         \
  F(int, putCopyData, (PGconn * connection, const char *buffer, int length))                                  \
  F(int, putCopyEnd, (PGconn * connection, const char *error))                                                \
  F(int, getCopyData, (PGconn * connection, char **buffer, int async))                                        \
  F(PGresult *, getResult, (PGconn * connection))                                                             \
  F(void, freemem, (void *memory))                                                                            \
  F(PGcancel *, getCancel, (PGconn * connection))                                                             \
  F(int, cancel, (PGcancel * cancel, char *error, int length))                                                \
  F(void, freeCancel, (PGcancel * cancel))

#define PQ_DECLARE(result, name, parameters) result(*name) parameters;
typedef struct {
  PQ_FUNCTIONS(PQ_DECLARE)
} clibpq_functions;
#undef PQ_DECLARE

/// Loads the library at `path` and fills `functions`. Returns NULL, or a message the caller frees.
char *clibpq_load(const char *path, clibpq_functions *functions);

#endif
