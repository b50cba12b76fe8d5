/* What a query costs through agentd over stdio, held against the same guarded pipeline straight on libpq.
 *
 *   stdio AGENTD CONFIG COUNT        with PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD or PGPASSFILE set
 *
 * In C, so that the driver's own time does not count: a request is one write and one read on each side. Both sides take turns
 * in blocks of a hundred, so that a busy moment of the machine meets both. Then the start: the time from fork to the answer to
 * the first tools/list, and the resident memory after it. The exit code is 1 when a limit is not kept.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 100, WARM_UP = 200, STARTS = 21 };
static const double LIMIT_RATIO = 3.0, LIMIT_START_MS = 100.0, LIMIT_RESIDENT_MB = 40.0, LIMIT_POLICY = 1.10;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "stdio: %s: %s\n", what, why);
    exit(2);
}

/* ---- agentd as a child process ---- */

struct agent {
    pid_t pid;
    int in, out;
    char *buffer;
    size_t held, room;
};

static struct agent start(const char *program, const char *configuration) {
    int down[2], up[2];
    if (pipe(down) || pipe(up)) die("pipe", strerror(errno));
    struct agent agent = {.room = 1 << 16, .buffer = malloc(1 << 16)};
    agent.pid = fork();
    if (agent.pid < 0) die("fork", strerror(errno));
    if (agent.pid == 0) {
        dup2(down[0], 0);
        dup2(up[1], 1);
        close(down[0]), close(down[1]), close(up[0]), close(up[1]);
        execl(program, program, "--config", configuration, "--log-level", "error", (char *)NULL);
        _exit(127);
    }
    close(down[0]), close(up[1]);
    agent.in = down[1], agent.out = up[0];
    return agent;
}

static void ask(struct agent *agent, const char *line, size_t length) {
    while (length) {
        ssize_t n = write(agent->in, line, length);
        if (n < 0 && errno != EINTR) die("write to agentd", strerror(errno));
        if (n > 0) line += n, length -= n;
    }
}

/* The next line, ended with a zero byte. One answer at a time: what follows the line end is nothing. */
static const char *answer(struct agent *agent) {
    agent->held = 0;
    for (;;) {
        if (agent->held + 1 >= agent->room) agent->buffer = realloc(agent->buffer, agent->room *= 2);
        ssize_t n = read(agent->out, agent->buffer + agent->held, agent->room - agent->held - 1);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) die("read from agentd", n ? strerror(errno) : "it ended");
        agent->held += n;
        agent->buffer[agent->held] = 0;
        if (agent->buffer[agent->held - 1] == '\n') return agent->buffer;
    }
}

static void stop(struct agent *agent) {
    int status;
    close(agent->in), close(agent->out);
    waitpid(agent->pid, &status, 0);
    free(agent->buffer);
}

static double resident_mb(pid_t pid) {
    char command[64], text[64] = "0";
    snprintf(command, sizeof command, "ps -o rss= -p %d", (int)pid);
    FILE *ps = popen(command, "r");
    if (!ps || !fgets(text, sizeof text, ps)) strcpy(text, "0");
    if (ps) pclose(ps);
    return atof(text) / 1024;
}

#define META "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"," \
             "\"io.modelcontextprotocol/clientCapabilities\":{}}"

static double query_through_agent(struct agent *agent, const char *sql) {
    static long id = 10;
    char line[512];
    int length = snprintf(line, sizeof line,
        "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":{" META
        ",\"name\":\"query_database\",\"arguments\":{\"query\":\"%s\"}}}\n", ++id, sql);
    double begun = now_us();
    ask(agent, line, length);
    const char *got = answer(agent);
    double took = now_us() - begun;
    if (!strstr(got, "\"result\"") || strstr(got, "\"isError\":true")) die("agentd's answer", got);
    return took;
}

#define WITHOUT_POLICY "SELECT 'warm'"
#define WITH_POLICY "SELECT upper('warm')"

/* ---- the same guarded pipeline on libpq ---- */

/* The statements of AgentCore's query runner for a query that calls no function, in its order: the transaction, its limits with the
 * condition that the guard has the server confirm, the query, a sync, the end of the transaction and a second sync. All are sent
 * before the first answer is read. */
static const char *GUARD =
    "SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', $2, true),"
    " pg_catalog.set_config('idle_in_transaction_session_timeout', $3, true),"
    " 1 OPERATOR(pg_catalog./) (CASE WHEN pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on'"
    " AND pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on' THEN 1 ELSE 0 END)";

static void drain(PGconn *connection, int *rows) {
    /* Up to the end of one statement or sync. */
    PGresult *result;
    while ((result = PQgetResult(connection))) {
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE) *rows += PQntuples(result);
        else if (status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
            die("pipeline", PQresultErrorMessage(result));
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) return;
    }
}

static double query_straight(PGconn *connection, const char *sql) {
    const char *limits[] = {"30000", "2000", "40000"};
    int rows = 0, sent = 1;
    double begun = now_us();
    sent &= PQsendQueryParams(connection, "BEGIN READ ONLY", 0, NULL, NULL, NULL, NULL, 0);
    sent &= PQsendQueryParams(connection, GUARD, 3, NULL, limits, NULL, NULL, 0);
    sent &= PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 0);
    sent &= PQpipelineSync(connection);
    sent &= PQsendQueryParams(connection, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0);
    sent &= PQpipelineSync(connection);
    if (!sent) die("send", PQerrorMessage(connection));
    drain(connection, &rows), drain(connection, &rows), drain(connection, &rows), drain(connection, &rows);
    drain(connection, &rows), drain(connection, &rows);
    double took = now_us() - begun;
    if (rows != 2) die("pipeline", "not the rows that were asked for");
    return took;
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at(double *sorted, int count, double part) { return sorted[(int)((count - 1) * part)]; }

static int verdict(const char *what, double value, const char *unit, double limit) {
    int kept = value < limit;
    printf("  %-44s %8.2f %-3s  limit %.*f %-3s %s\n", what, value, unit, limit < 2 ? 2 : 0, limit, unit, kept ? "kept" : "NOT KEPT");
    return kept;
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage", "stdio AGENTD CONFIG COUNT");
    int count = (atoi(argv[3]) + BLOCK - 1) / BLOCK * BLOCK, kept = 1;
    if (count <= 0) die("usage", "COUNT is a number above 0");
    signal(SIGPIPE, SIG_IGN);

    PGconn *connection = PQconnectdb("");
    if (PQstatus(connection) != CONNECTION_OK) die("connect", PQerrorMessage(connection));
    if (!PQenterPipelineMode(connection)) die("pipeline mode", PQerrorMessage(connection));
    struct agent agent = start(argv[1], argv[2]);

    double *through = malloc(count * sizeof *through), *straight = malloc(count * sizeof *straight);
    for (int i = 0; i < WARM_UP; i++) query_through_agent(&agent, "SELECT 1"), query_straight(connection, "SELECT 1");
    for (int done = 0; done < count; done += BLOCK) {
        for (int i = 0; i < BLOCK; i++) through[done + i] = query_through_agent(&agent, "SELECT 1");
        for (int i = 0; i < BLOCK; i++) straight[done + i] = query_straight(connection, "SELECT 1");
    }

    /* The policy: a statement that can reach nothing of the catalog is not held against it, one with a call is. What the call
     * itself costs the server is measured on libpq and taken off: it is no cost of the policy. Turn by turn, since the
     * difference is small. */
    double *without = malloc(count * sizeof *without), *with = malloc(count * sizeof *with);
    double *bare = malloc(count * sizeof *bare), *called = malloc(count * sizeof *called);
    for (int i = 0; i < WARM_UP; i++) query_through_agent(&agent, WITHOUT_POLICY), query_through_agent(&agent, WITH_POLICY);
    for (int i = 0; i < count; i++) {
        without[i] = query_through_agent(&agent, WITHOUT_POLICY);
        with[i] = query_through_agent(&agent, WITH_POLICY);
        bare[i] = query_straight(connection, WITHOUT_POLICY);
        called[i] = query_straight(connection, WITH_POLICY);
    }
    qsort(without, count, sizeof *without, by_size);
    qsort(with, count, sizeof *with, by_size);
    qsort(bare, count, sizeof *bare, by_size);
    qsort(called, count, sizeof *called, by_size);
    double call = at(called, count, .5) - at(bare, count, .5);
    if (call < 0) call = 0;
    double resident = resident_mb(agent.pid);
    stop(&agent);
    PQfinish(connection);
    qsort(through, count, sizeof *through, by_size);
    qsort(straight, count, sizeof *straight, by_size);

    printf("SELECT 1, %d times in sequence                 median      p90      p99 (microseconds)\n", count);
    printf("  %-44s %6.0f   %6.0f   %6.0f\n", "query_database through agentd over stdio", at(through, count, .5),
        at(through, count, .9), at(through, count, .99));
    printf("  %-44s %6.0f   %6.0f   %6.0f\n", "the same guarded pipeline on libpq", at(straight, count, .5),
        at(straight, count, .9), at(straight, count, .99));
    kept &= verdict("ratio of the medians", at(through, count, .5) / at(straight, count, .5), "", LIMIT_RATIO);
    printf("  %-44s %6.0f   %6.0f   %6.0f\n", WITHOUT_POLICY, at(without, count, .5), at(without, count, .9),
        at(without, count, .99));
    printf("  %-44s %6.0f   %6.0f   %6.0f\n", WITH_POLICY, at(with, count, .5), at(with, count, .9), at(with, count, .99));
    printf("  %-44s %6.1f\n", "of which the call itself, on libpq", call);
    kept &= verdict("policy, ratio of the medians without the call", (at(with, count, .5) - call) / at(without, count, .5), "",
        LIMIT_POLICY);
    printf("  %-44s %8.2f MB\n", "resident memory of agentd afterwards", resident);

    double starts[STARTS], memory[STARTS];
    static const char list[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META "}}\n";
    for (int i = 0; i < STARTS; i++) {
        double begun = now_us();
        struct agent one = start(argv[1], argv[2]);
        ask(&one, list, sizeof list - 1);
        const char *got = answer(&one);
        starts[i] = (now_us() - begun) / 1e3;
        if (!strstr(got, "query_database")) die("tools/list", got);
        memory[i] = resident_mb(one.pid);
        stop(&one);
    }
    qsort(starts, STARTS, sizeof *starts, by_size);
    qsort(memory, STARTS, sizeof *memory, by_size);
    printf("Start of the process, %d times\n", STARTS);
    kept &= verdict("first tools/list, median", at(starts, STARTS, .5), "ms", LIMIT_START_MS);
    printf("  %-44s %8.2f ms\n", "first tools/list, slowest", starts[STARTS - 1]);
    kept &= verdict("resident memory after it, largest", memory[STARTS - 1], "MB", LIMIT_RESIDENT_MB);
    return kept ? 0 : 1;
}
