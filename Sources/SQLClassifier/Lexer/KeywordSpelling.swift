extension Keyword {
    /// The words in the order of the cases, each with the letter of its category after a colon.
    static let spelling: StaticString = """
        abort:u absent:u absolute:u access:u action:u add:u admin:u after:u aggregate:u all:r also:u alter:u \
        always:u analyse:r analyze:r and:r any:r array:r as:r asc:r asensitive:u assertion:u assignment:u \
        asymmetric:r at:u atomic:u attach:u attribute:u authorization:t backward:u before:u begin:u between:c \
        bigint:c binary:t bit:c boolean:c both:r breadth:u by:u cache:u call:u called:u cascade:u cascaded:u \
        case:r cast:r catalog:u chain:u char:c character:c characteristics:u check:r checkpoint:u class:u \
        close:u cluster:u coalesce:c collate:r collation:t column:r columns:u comment:u comments:u commit:u \
        committed:u compression:u concurrently:t conditional:u configuration:u conflict:u connection:u \
        constraint:r constraints:u content:u continue:u conversion:u copy:u cost:u create:r cross:t csv:u cube:u \
        current:u current_catalog:r current_date:r current_role:r current_schema:t current_time:r \
        current_timestamp:r current_user:r cursor:u cycle:u data:u database:u day:u deallocate:u dec:c decimal:c \
        declare:u default:r defaults:u deferrable:r deferred:u definer:u delete:u delimiter:u delimiters:u \
        depends:u depth:u desc:r detach:u dictionary:u disable:u discard:u distinct:r do:r document:u domain:u \
        double:u drop:u each:u else:r empty:u enable:u encoding:u encrypted:u end:r enforced:u enum:u error:u \
        escape:u event:u except:r exclude:u excluding:u exclusive:u execute:u exists:c explain:u expression:u \
        extension:u external:u extract:c false:r family:u fetch:r filter:u finalize:u first:u float:c \
        following:u for:r force:u foreign:r format:u forward:u freeze:t from:r full:t function:u functions:u \
        generated:u global:u grant:r granted:u greatest:c group:r grouping:c groups:u handler:u having:r \
        header:u hold:u hour:u identity:u if:u ilike:t immediate:u immutable:u implicit:u import:u in:r \
        include:u including:u increment:u indent:u index:u indexes:u inherit:u inherits:u initially:r inline:u \
        inner:t inout:c input:u insensitive:u insert:u instead:u int:c integer:c intersect:r interval:c into:r \
        invoker:u is:t isnull:t isolation:u join:t json:c json_array:c json_arrayagg:c json_exists:c \
        json_object:c json_objectagg:c json_query:c json_scalar:c json_serialize:c json_table:c json_value:c \
        keep:u key:u keys:u label:u language:u large:u last:u lateral:r leading:r leakproof:u least:c left:t \
        level:u like:t limit:r listen:u load:u local:u localtime:r localtimestamp:r location:u lock:u locked:u \
        logged:u mapping:u match:u matched:u materialized:u maxvalue:u merge:u merge_action:c method:u minute:u \
        minvalue:u mode:u month:u move:u name:u names:u national:c natural:t nchar:c nested:u new:u next:u nfc:u \
        nfd:u nfkc:u nfkd:u no:u none:c normalize:c normalized:u not:r nothing:u notify:u notnull:t nowait:u \
        null:r nullif:c nulls:u numeric:c object:u objects:u of:u off:u offset:r oids:u old:u omit:u on:r only:r \
        operator:u option:u options:u or:r order:r ordinality:u others:u out:c outer:t over:u overlaps:t \
        overlay:c overriding:u owned:u owner:u parallel:u parameter:u parser:u partial:u partition:u passing:u \
        password:u path:u period:u placing:r plan:u plans:u policy:u position:c preceding:u precision:c \
        prepare:u prepared:u preserve:u primary:r prior:u privileges:u procedural:u procedure:u procedures:u \
        program:u publication:u quote:u quotes:u range:u read:u real:c reassign:u recheck:u recursive:u ref:u \
        references:r referencing:u refresh:u reindex:u relative:u release:u rename:u repeatable:u replace:u \
        replica:u reset:u restart:u restrict:u return:u returning:r returns:u revoke:u right:t role:u rollback:u \
        rollup:u routine:u routines:u row:c rows:u rule:u savepoint:u scalar:u schema:u schemas:u scroll:u \
        search:u second:u security:u select:r sequence:u sequences:u serializable:u server:u session:u \
        session_user:r set:u setof:c sets:u share:u show:u similar:t simple:u skip:u smallint:c snapshot:u \
        some:r source:u sql:u stable:u standalone:u start:u statement:u statistics:u stdin:u stdout:u storage:u \
        stored:u strict:u string:u strip:u subscription:u substring:c support:u symmetric:r sysid:u system:u \
        system_user:u table:r tables:u tablesample:t tablespace:u target:u temp:u template:u temporary:u text:u \
        then:r ties:u time:c timestamp:c to:r trailing:r transaction:u transform:u treat:c trigger:u trim:c \
        true:r truncate:u trusted:u type:u types:u uescape:u unbounded:u uncommitted:u unconditional:u \
        unencrypted:u union:r unique:r unknown:u unlisten:u unlogged:u until:u update:u user:r using:r vacuum:u \
        valid:u validate:u validator:u value:u values:c varchar:c variadic:r varying:u verbose:t version:u \
        view:u views:u virtual:u volatile:u when:r where:r whitespace:u window:r with:r within:u without:u \
        work:u wrapper:u write:u xml:u xmlattributes:c xmlconcat:c xmlelement:c xmlexists:c xmlforest:c \
        xmlnamespaces:c xmlparse:c xmlpi:c xmlroot:c xmlserialize:c xmltable:c year:u yes:u zone:u
        """
}
