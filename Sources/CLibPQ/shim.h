#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

// What Swift cannot reach by itself: variadic calls, macros with casts, headers that the platform's module map leaves
// out, and calls that exist only in newer versions of libpq. Everything is `static inline`: a system library target
// compiles no source file.

#include <dlfcn.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif

// PG_DIAG_* are character literals, which Swift imports as the wrong type.
enum clibpq_diagnostic {
    CLIBPQ_SEVERITY = 'S',
    CLIBPQ_SEVERITY_NONLOCALIZED = 'V',
    CLIBPQ_SQLSTATE = 'C',
    CLIBPQ_MESSAGE = 'M',
    CLIBPQ_DETAIL = 'D',
    CLIBPQ_HINT = 'H',
    CLIBPQ_POSITION = 'P',
    CLIBPQ_INTERNAL_POSITION = 'p',
    CLIBPQ_INTERNAL_QUERY = 'q',
    CLIBPQ_CONTEXT = 'W',
    CLIBPQ_SCHEMA = 's',
    CLIBPQ_TABLE = 't',
    CLIBPQ_COLUMN = 'c',
    CLIBPQ_DATATYPE = 'd',
    CLIBPQ_CONSTRAINT = 'n',
    CLIBPQ_FILE = 'F',
    CLIBPQ_LINE = 'L',
    CLIBPQ_ROUTINE = 'R',
};

static inline const char *clibpq_diagnostic_field(const PGresult *result, int field) {
    return PQresultErrorField(result, field);
}

// Rows one at a time, or several at a time where libpq can (17 and later).
static inline int clibpq_set_row_mode(PGconn *connection, int rows) {
#ifdef LIBPQ_HAS_CHUNK_MODE
    if (rows > 1) return PQsetChunkedRowsMode(connection, rows);
#endif
    (void)rows;
    return PQsetSingleRowMode(connection);
}

static inline bool clibpq_is_row_status(ExecStatusType status) {
#ifdef LIBPQ_HAS_CHUNK_MODE
    if (status == PGRES_TUPLES_CHUNK) return true;
#endif
    return status == PGRES_SINGLE_TUPLE;
}

// A Sync message. libpq 17 can queue it without flushing, so that a pipeline with several of them is one write.
static inline int clibpq_pipeline_sync(PGconn *connection) {
#if defined(LIBPQ_HAS_SEND_PIPELINE_SYNC)
    return PQsendPipelineSync(connection);
#else
    return PQpipelineSync(connection);
#endif
}

// Bytes that the kernel holds for this descriptor and nobody has read yet; 0 when it cannot say.
static inline int clibpq_pending_bytes(int descriptor) {
    int pending = 0;
    if (ioctl(descriptor, FIONREAD, &pending) != 0 || pending < 0) return 0;
    return pending;
}

// Bytes that TLS has deciphered and libpq had no room for, so that they show on no socket; -1 when that cannot be known.
// libpq itself looks at them only where it blocks. The function is taken from the library that libpq was linked with, since
// a process may hold another one of the same names.
static inline int clibpq_deciphered_bytes(PGconn *connection) {
    typedef int (*pending_function)(const void *);
    static _Atomic(pending_function) known = NULL;
    const void *session = PQsslStruct(connection, "OpenSSL");
    if (!session) return -1;
    pending_function pending = known;
    if (!pending) {
#ifdef __APPLE__
        void *library = dlopen("libpq.5.dylib", RTLD_LAZY | RTLD_NOLOAD);
#else
        void *library = dlopen("libpq.so.5", RTLD_LAZY | RTLD_NOLOAD);
#endif
        if (!library) return -1;
        pending = (pending_function)dlsym(library, "SSL_pending");
        dlclose(library);
        if (!pending) return -1;
        known = pending;
    }
    return pending(session);
}

// What waits on an idle socket: 0 nothing, 1 some bytes, -1 the other side is gone.
static inline int clibpq_peek(int descriptor) {
    char byte;
    ssize_t count;
    do {
        count = recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    } while (count < 0 && errno == EINTR);
    if (count > 0) return 1;
    if (count == 0) return -1;
    return (errno == EAGAIN || errno == EWOULDBLOCK) ? 0 : -1;
}

// Waits until there is something to read, at most so many milliseconds.
static inline bool clibpq_wait_readable(int descriptor, int milliseconds) {
    struct pollfd watched = {.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&watched, 1, milliseconds) > 0;
}

// Copies the values of parameters that the server reports, each with the NUL at its end; 0x01 stands for one that it does not
// report. Returns the bytes that all of them need; what does not fit is left out.
static inline size_t clibpq_parameter_values(
    PGconn *connection, const char *const *names, size_t count, char *buffer, size_t room) {
    size_t used = 0;
    for (size_t index = 0; index < count; index++) {
        const char *value = PQparameterStatus(connection, names[index]);
        if (!value) value = "\001";
        size_t length = strlen(value) + 1;
        if (used + length <= room) memcpy(buffer + used, value, length);
        used += length;
    }
    return used;
}

// Notices a dead network in minutes instead of the system's hours. Not for sockets of other families.
static inline void clibpq_set_keepalive(int descriptor, int idle, int interval, int count) {
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return;
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return;
    int on = 1;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
#ifdef TCP_KEEPIDLE
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
#endif
#ifdef TCP_KEEPINTVL
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
#endif
#ifdef TCP_KEEPCNT
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
#endif
}

// The right to cancel what runs on a connection, usable from another thread while the connection is busy.
// libpq 17 encrypts the request like the connection it is about; before, PQcancel sends it in the clear.
#ifdef LIBPQ_HAS_ASYNC_CANCEL
static inline bool clibpq_cancel_conn(PGcancelConn *cancel) { return PQcancelBlocking(cancel) == 1; }
#endif

#ifdef __linux__
static inline int clibpq_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event;
    memset(&event, 0, sizeof(event));
    event.events = events;
    event.data.u64 = token;
    return epoll_ctl(epoll, operation, descriptor, &event);
}

static inline uint64_t clibpq_epoll_token(const struct epoll_event *event) { return event->data.u64; }

enum clibpq_epoll_flags {
    CLIBPQ_EPOLL_READ = EPOLLIN,
    CLIBPQ_EPOLL_WRITE = EPOLLOUT,
    CLIBPQ_EPOLL_FAILED = EPOLLERR | EPOLLHUP,
    CLIBPQ_EPOLL_ONCE = 1 << 30, /* EPOLLONESHOT */
};

static inline int clibpq_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int clibpq_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
#endif

#endif
