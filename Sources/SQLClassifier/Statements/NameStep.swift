/// Names by the position in which they stand.
extension StatementReader {
    /// Whether the token before the one in hand ends an operand, so that a keyword here is a clause or an operator and not
    /// the name of a function.
    var endsOperand: Bool {
        let token = cursor.previous
        switch token.kind {
        case .quotedName, .unicodeName, .string, .bits, .number, .parameter, .rightBracket: return true
        case .rightParenthesis: return lastClosed != .prefix
        case .word:
            switch token.keyword {
            case .notAKeyword, .null, .true, .false, .end, .currentCatalog, .currentDate, .currentRole, .currentSchema,
                .currentTime, .currentTimestamp, .currentUser, .localtime, .localtimestamp, .sessionUser, .systemUser,
                .user:
                return true
            default: return false
            }
        default: return false
        }
    }

    mutating func mention(_ parts: [String], _ kind: Mention.Kind) {
        mentions.add(parts, kind, at: lines.location(of: cursor.current.start))
    }

    /// A keyword that is not the beginning of a clause: perhaps a name, perhaps a call.
    mutating func keywordAsName() {
        let keyword = cursor.current.keyword
        hiddenCall(keyword)
        let isBeforeBracket = cursor.following.kind == .leftParenthesis
        switch cursor.category(keyword) {
        case .reserved:
            switch keyword {
            case .cast where isBeforeBracket: nextBracket = .cast
            case .leading: mention(["pg_catalog", "ltrim"], .call)
            case .trailing: mention(["pg_catalog", "rtrim"], .call)
            default: break
            }
        case .columnName:
            if cursor.previous.kind == .typecast || cursor.following.kind == .dot {
                chain()
            } else if Self.isNew(keyword), cursor.following.kind == .string {
                chain()
            } else if Self.isNew(keyword), !isBeforeBracket, standsAsType {
                mention([cursor.name(of: cursor.current)], .type)
            } else if isBeforeBracket {
                if frame.expectsRelation, !frame.inFrom { return chain() }
                frame.expectsRelation = false
                wordedCall(keyword)
            } else if frame.expectsRelation {
                chain()
            }
        case .unreserved, .typeFunctionName:
            if cursor.previous.kind == .typecast || cursor.following.kind == .dot {
                chain()
            } else if cursor.following.kind == .string {
                // AT TIME ZONE 'x' and LIKE y ESCAPE 'x'; else such a word is the name of a type.
                let isClause =
                    keyword == .zone && cursor.previous.keyword == .time || keyword == .escape && endsOperand
                if !isClause { chain() }
            } else if standsAsType {
                // It may be a clause as well, so it keeps its meaning.
                mention([cursor.name(of: cursor.current)], .type)
                if frame.kind == .treat { mention([cursor.name(of: cursor.current)], .call) }
            } else if isBeforeBracket {
                bracketedKeyword(keyword)
            } else if frame.expectsRelation {
                switch keyword {
                case .rows where cursor.following.keyword == .from: break
                case .if, .concurrently: if frame.kind != .command { chain() }
                default: chain()
                }
            }
        }
    }

    /// Whether versions that are still served do not know a word, so that it may be the name of any function or type there.
    /// (`system_user`, which is reserved from version 16 on, is taken for a name everywhere.)
    private static func isNew(_ keyword: Keyword) -> Bool {
        switch keyword {
        case .json, .jsonArray, .jsonArrayagg, .jsonExists, .jsonObject, .jsonObjectagg, .jsonQuery, .jsonScalar,
            .jsonSerialize, .jsonTable, .jsonValue, .mergeAction:
            true
        default: false
        }
    }

    /// Whether a keyword may be the name of a type here, as `data` in `CAST (x AS data)`, `t(a data)` and `RETURNING data`.
    private var standsAsType: Bool {
        let before = cursor.previous
        if before.keyword == .as { return frame.kind == .cast || frame.kind == .treat }
        return before.keyword == .returning || followsName(before)
    }

    /// Operators with a grammar of their own, which the server turns into calls of built-in functions.
    private mutating func hiddenCall(_ keyword: Keyword) {
        let function: String
        switch keyword {
        case .zone where cursor.previous.keyword == .time && cursor.beforePrevious.keyword == .at: function = "timezone"
        case .local where cursor.previous.keyword == .at: function = "timezone"
        case .overlaps: function = "overlaps"
        case .similar: function = "similar_to_escape"
        case .escape: function = "like_escape"
        case .xmlexists: function = "xmlexists"
        case .normalized: function = "is_normalized"
        default: return
        }
        mention(["pg_catalog", function], .call)
    }

    /// The functions that have a grammar of their own.
    private mutating func wordedCall(_ keyword: Keyword) {
        switch keyword {
        case .extract, .overlay, .position, .substring:
            mention(["pg_catalog", cursor.name(of: cursor.current)], .call)
            nextBracket = .wordedCall
        case .trim:
            mention(["pg_catalog", "btrim"], .call)
            nextBracket = .wordedCall
        case .normalize:
            mention(["pg_catalog", "normalize"], .call)
            nextBracket = .call
        case .treat: nextBracket = .treat
        case .xmlserialize: nextBracket = .cast
        case .xmlelement, .xmlpi: nextBracket = .xmlNamed
        case _ where Self.isNew(keyword):
            mention([cursor.name(of: cursor.current)], .call)
            nextBracket = .call
        default: nextBracket = .call
        }
    }

    private mutating func bracketedKeyword(_ keyword: Keyword) {
        if keyword == .operator {
            nextBracket = .prefix
            return
        }
        // OVER (, FILTER (, LIKE (: what stands behind an operand is no call.
        if endsOperand, !frame.expectsRelation { return }
        if keyword == .by {
            switch cursor.previous.keyword {
            case .group, .order, .partition: return
            default: break
            }
        }
        chain()
    }

    /// A name with its qualification, and what it is by what stands around it.
    mutating func chain() {
        let before = cursor.previous
        let first = cursor.current
        // A name has no meaning as a keyword: 'x'::is DISTINCT FROM t holds no IS DISTINCT FROM.
        cursor.makeLabel()
        var isChain = false
        var hasStar = false
        var parts: [String] = []
        while cursor.following.kind == .dot {
            if !isChain { parts.append(cursor.name(of: first)) }
            isChain = true
            cursor.advance()
            guard cursor.following.isName else {
                hasStar = cursor.following.kind == .operator
                break
            }
            cursor.advance()
            cursor.makeLabel()
            parts.append(cursor.name(of: cursor.current))
        }
        guard let kind = position(before: before, isChain: isChain, hasStar: hasStar) else { return }
        // (a s.t) is a column of a type, but (1 BETWEEN s.f AND 2) a call by attribute notation: taken for both.
        let mayBeType = kind == .attribute && followsName(before)
        if frame.kind != .treat, !mayBeType, !(kind == .call && namesSettingReader(cursor.current)),
            let listed = mentions.repetition(cursor.bytes, first.start..<cursor.current.end, kind)
        {
            if kind == .call { (nextBracket, nextMention) = (.call, listed) }
            return
        }
        if !isChain { parts.append(cursor.name(of: first)) }
        let location = lines.location(of: first.start)
        switch kind {
        case .attribute:
            if let last = parts.last { mentions.add([last], .attribute, at: location) }
            if mayBeType { mentions.add(parts, .type, at: location) }
        case .call:
            nextMention = Int32(truncatingIfNeeded: mentions.functions.count)
            nextBracket = .call
            mentions.add(parts, .call, at: location)
        case .type:
            mentions.add(parts, .type, at: location)
            if frame.kind == .treat { mentions.add(parts, .call, at: location) }
        default: mentions.add(parts, kind, at: location)
        }
    }

    /// Whether a name stands right behind another in brackets that hold no query, as a type does in a list of columns.
    private func followsName(_ before: Token) -> Bool {
        guard before.isName, before.keyword != .by else { return false }
        switch frame.kind {
        case .call, .columns, .expression: break
        default: return false
        }
        switch cursor.category(before.keyword) {
        case .unreserved, .columnName: return true
        case .typeFunctionName, .reserved: return false
        }
    }

    /// Whether a token names `current_setting`, each call of which is listed: what it shows is said by its argument.
    private func namesSettingReader(_ token: Token) -> Bool {
        let name = "current_setting"
        return (token.kind != .word || token.end - token.start == name.utf8.count) && cursor.name(of: token) == name
    }

    /// What a name is; nil when it is a label or a name that is given here.
    private mutating func position(before: Token, isChain: Bool, hasStar: Bool) -> Mention.Kind? {
        let after = cursor.following.kind
        if before.kind == .typecast { return .type }
        if before.keyword == .as {
            if frame.kind == .cast || frame.kind == .treat { return .type }
            if after == .leftParenthesis { nextBracket = .columns }
            return nil
        }
        if after == .arrow || after == .colonEquals { return nil }
        if frame.expectsRelation {
            let isCall = after == .leftParenthesis && frame.inFrom
            frame.expectsRelation = false
            return isCall ? .call : .relation
        }
        if after == .leftParenthesis { return .call }
        if after == .string { return .type }
        // json_array(SELECT 1 RETURNING t): a query's frame has it too. What a changed row returns is listed for nothing.
        if before.keyword == .returning { return .type }
        // a int, in a list of column definitions: the second name is a type.
        if followsName(before), !isChain { return .type }
        if hasStar { return nil }
        // A bare name is a column or a whole row, and is not listed.
        return isChain ? .attribute : nil
    }
}
